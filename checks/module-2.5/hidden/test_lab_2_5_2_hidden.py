"""Hidden checks of lab 2.5.2: inputs that nobody tries in a demo, among ordinary ones."""

import demos
import edge_cases
from calibration import thresholds

from grader.checking.api import CheckFailure, Missing, check


@check(
    points=10,
    cell="exercise-3",
    needs=["test_demos"],
    hint="Give `run_demo` a list with an empty text, a number, a very long text and an ordinary one.",
)
def test_edge_answers(artifacts, measured, probes, bases, lab, run, evidence):  # noqa: PLR0917  fixtures
    """Unusual texts get an answer or a refusal, and cost the others nothing"""
    found = demos.demos_of(artifacts, measured, bases)
    stated = next((demo for demo in found if demo.task.name == "text-classification"), None)
    if stated is None:
        raise CheckFailure("There is no demo of text-classification that could be asked.")
    allowed = demos.tolerance(run, thresholds(lab))
    for call in probes.of("run_demo", "edge_texts"):
        inputs = call.inputs["inputs"]
        try:
            outputs = demos.returned(call)
            demos.read(stated.task, outputs, len(inputs))
        except CheckFailure as failure:
            evidence.holds("An answer or a refusal for each input", condition=False, sentence=str(failure))
            if not isinstance(failure, Missing):
                hint = "Refuse a bad input before the pipeline sees it, then ask the rest."
                evidence.mistake("one-input-costs-all", hint)
            continue
        for item, output in zip(inputs, outputs, strict=True):
            edge_cases.compare(_name(item), item, output, stated, evidence, device=run.device, allowed=allowed)


def _name(item) -> str:
    if not isinstance(item, str):
        return f"a value of type {type(item).__name__}"
    return f"a text of {len(item):,} characters" + (f" ({item[:20]!r})" if item.strip() else "")
