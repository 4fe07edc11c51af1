"""Makes the measurements of many runs at once: models that are alike are evaluated together where that is faster.

Every value is what the measuring function gives for the run alone, within 1e-4 of a logit. A model that cannot be read,
does not fit or gives no numbers is left out, and costs the others nothing.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from grader.errors import SubmissionFault
from grader.measuring.asked import Asked, Part
from grader.measuring.classifiers import MAX_LENGTH, predictions, scores
from grader.measuring.evaluating import Evaluation, Room
from grader.measuring.gathering import gather, likeness, model_of, texts_of
from grader.measuring.sources import option
from grader.measuring.texts import LabelledTexts, labelled_texts

if TYPE_CHECKING:
    from grader.measuring.classifiers import Logits

#: `auto` goes on only where all at once is faster; `always` everywhere.
When = Literal["auto", "always"]
#: Models at once at most.
MODELS = 128


@dataclass(frozen=True)
class _Model:
    """One model and what is asked of it."""

    asked: tuple[Asked, ...]
    bytes: int

    @cached_property
    def texts(self) -> dict[Hashable, list[Asked]]:
        """The measurements by the texts that they read."""
        found: dict[Hashable, list[Asked]] = {}
        for asked in self.asked:
            found.setdefault(texts_of(asked), []).append(asked)
        return found


def measure_groups(
    asked: Sequence[Asked], when: When, room: Room, answer: Callable[[str, dict[str, Any]], None]
) -> Iterator[Part]:
    """Make measurements of many runs, the largest group of models that are alike first.

    Args:
        asked: the measurements; all on one device.
        when: whether a trial decides.
        room: what models and their activations may take.
        answer: given the key and the value of each measurement.

    Yields:
        What became of the models, as soon as it is known.
    """
    for kind, models in _alike(asked):
        size = min(MODELS, room.weights // max(1, models[0].bytes))
        if size < 2:
            yield Part(kind, 0, why="the models are too large to be held at once")
            continue
        for start in range(0, len(models), size):
            part = _measured(kind, models[start : start + size], when, room, answer)
            yield part
            if not part.models and when == "auto":
                break  # what is no faster for these is no faster for the others


def _alike(asked: Sequence[Asked]) -> list[tuple[str, list[_Model]]]:
    """Groups of two or more models that have everything in common but their weights."""
    models: dict[Hashable, list[Asked]] = {}
    for one in asked:
        models.setdefault(model_of(one), []).append(one)
    groups: dict[Hashable, tuple[str, list[_Model]]] = {}
    for wanted in models.values():
        try:
            common, size = likeness(wanted[0])
        except SubmissionFault:
            continue  # its own judging will say it
        model = _Model(tuple(wanted), size)
        groups.setdefault((common, frozenset(model.texts)), (str(common[0]), []))[1].append(model)
    return sorted((group for group in groups.values() if len(group[1]) > 1), key=lambda group: -len(group[1]))


def _measured(
    kind: str, models: Sequence[_Model], when: When, room: Room, answer: Callable[[str, dict[str, Any]], None]
) -> Part:
    """Evaluate models that are alike; whatever goes wrong, their own judging is still there."""
    try:
        gathered = gather([model.asked[0] for model in models], models[0].asked[0].inputs.device)
        members = [models[number] for number in gathered.members]
        work = Evaluation(gathered, members[0].asked[0].inputs.device, room)
        for wanted in members[0].texts.values():
            texts = labelled_texts(wanted[0].spec, wanted[0].inputs)
            length = option(wanted[0].spec, "max_length", MAX_LENGTH)
            work.encode(texts.texts, length, wanted[0].inputs.cache_dir)
            if when == "auto" and not work.trial.faster:
                return Part(kind, 0, why=f"one after the other is faster here ({work.trial})")
            logits = work.logits()
            for number, model in enumerate(members):
                _answer(model.texts[texts_of(wanted[0])], logits[number], texts, answer)
    except (SubmissionFault, ValueError, RuntimeError) as exc:  # a RuntimeError: the device's memory is full
        return Part(kind, 0, why=str(exc).partition("\n")[0][:200])
    return Part(kind, len(members), work.texts, round(work.seconds, 4), round(work.one_by_one, 4))


def _answer(
    wanted: Sequence[Asked], logits: "Logits", texts: LabelledTexts, answer: Callable[[str, dict[str, Any]], None]
) -> None:
    if not np.isfinite(logits).all():
        return  # its own judging will say it
    for asked in wanted:
        try:
            value = predictions(logits) if asked.spec.measure == "classifier_predictions" else scores(logits, texts)
        except SubmissionFault:
            continue
        answer(asked.key, value)
