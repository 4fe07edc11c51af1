"""Hidden checks of lab 2.5.6: how the published model does on reviews that nobody has seen."""

import math
import re

from calibration import thresholds
from published import head, repository
from upload_card import read_card

from grader.checking.api import Missing, check

LEAST_WORDS = 20


@check(
    points=4,
    cell="exercise-5",
    needs=["test_files"],
    hint="Publish the model that you trained, on the training split alone.",
)
def test_unseen_reviews(lab, measured, evidence):
    """The published model keeps its promise on reviews that it has not seen"""
    limits, public, hidden = thresholds(lab), measured.public, measured.hidden
    least = limits["first_version"]["floor"]
    accuracy = hidden["accuracy"]
    evidence.plot("slices", "Accuracy on unseen reviews", slices=hidden["slices"])
    if not evidence.at_least("Accuracy on unseen reviews", accuracy, least):
        name = "labels-flipped" if accuracy < 1 - least else "not-trained"
        evidence.mistake(name, "Was the trained model pushed, with its own tokenizer and labels?")
    p = min(max(accuracy, 0.01), 0.99)
    error = math.sqrt(p * (1 - p) * (1 / public["n"] + 1 / hidden["n"]))
    allowed = round(3 * error + limits["leakage"]["margin"], 4)
    if not evidence.at_most("How much worse than on the test split", round(public["accuracy"] - accuracy, 4), allowed):
        evidence.mistake("test-leakage", "The test split was trained on: keep it closed until the very end.")


@check(points=6, bonus=True, cell="exercise-7", needs=["test_files", "test_card"], hint="Complete `second_version`.")
def test_second_version(artifacts, hub, measured, run, evidence):
    """A second version is better, and the card says what changed"""
    repo = repository(hub, run)
    newer = sorted(tag for tag, commit in repo.tags.items() if commit == head(repo) and tag != "v1.0")
    if not newer or repo.tags.get("v1.0") in {None, head(repo)}:
        raise Missing("There is one version: v1.0 and a newer tag at the head of main are needed.")
    older = {commit.oid for commit in hub.history(repo.repo_id)[1:]}
    evidence.holds("v1.0 is an older commit of main", repo.tags["v1.0"] in older)
    before, after = measured.first_version["accuracy"], measured.hidden["accuracy"]
    evidence.note("Accuracy of v1.0 on unseen reviews", before)
    if not evidence.holds(
        "It does better on unseen reviews",
        after > before,
        "The second version is not better on reviews that neither has seen.",
        measured=f"{before:.3f}, then {after:.3f}",
        required="more than before",
    ):
        evidence.mistake("second-version-not-better", "More data and more epochs help; other digits do not.")
    card = read_card(artifacts.path("pushed/README.md"))
    log = next((part for part in card.sections[1:] if re.search(r"change|history|version", part.heading.lower())), None)
    words = len(set(log.words)) if log else 0
    if not evidence.holds(
        "A changelog names both versions",
        log is not None and words >= LEAST_WORDS and all(tag in log.prose for tag in ("v1.0", newer[0])),
        "The card has no section that says what changed from v1.0 to the newer version.",
        measured=f"{words} different words",
        required=f"both versions, {LEAST_WORDS} different words",
    ):
        evidence.mistake("changelog-missing", "Add a section “Changelog” with a few sentences on each version.")
