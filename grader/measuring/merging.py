"""Compares a merged model with what base and adapter make together."""

from typing import TYPE_CHECKING, Any

from grader.artifacts.locate import find_folder
from grader.errors import SubmissionFault
from grader.measuring.checkpoints import WEIGHTS, assembled, load_classifier, not_finite, read_tensors
from grader.measuring.classifiers import MAX_LENGTH
from grader.measuring.inference import logits_of
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.lora import base_state, merged_state, read_adapter
from grader.measuring.samples import sample_texts
from grader.measuring.sources import model_base, option, ours
from grader.measuring.tokenizers import load_tokenizer
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    from torch import Tensor

#: Texts on which labels are compared.
SAMPLE = 200
#: Relative difference above which a tensor counts as another: float32 arithmetic in another order stays below.
DIFFERENT = 1e-5


def merge_equivalence(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Measure whether a merged model is its base plus its adapter.

    For each targeted matrix: ||merged - (W + scaling · B A)|| / ||W + scaling · B A|| (Frobenius). The merged change
    merged - W is also fitted to s · scaling · B A by least squares: s = 1 is an honest merge, 0 the bare base, another
    number a scaling that was changed afterwards.

    Args:
        spec: artifacts = [adapter folder, merged model folder], bases = [base model]; data or a data set among the
            bases gives the texts, else they are made of words of the base's vocabulary; options split, max_length.
        inputs: the run's artifacts and the base.

    Returns:
        relative_error (largest over the targeted matrices), differing (names of all tensors above 1e-5, absent ones
        included), scale (s), residual (what s does not explain, relative to the change by the adapter), is_base
        (whether no targeted matrix moved), head_differs (whether the head is another than the adapter's), label_flips
        (texts of `n` that get another label), n.

    Raises:
        SubmissionFault: GR314 to GR317, the files are missing, damaged, do not fit or are not finite.
    """
    merged_folder = spec.artifacts[1]
    found = read_adapter(spec, inputs)
    expected = merged_state(found, spec, inputs)
    theirs = _merged_tensors(inputs, merged_folder)
    base = base_state(found, spec, inputs)
    targets = [f"{module}.weight" for module in found.names.a]
    if not targets:
        raise SubmissionFault("GR315", f"{spec.artifacts[0]} holds no LoRA matrices.")
    errors = {name: _relative(theirs.get(name), tensor) for name, tensor in expected.items()}
    scale, residual = fitted(theirs, base, expected, targets)
    flips, count = _label_flips(spec, inputs, expected)
    return {
        "relative_error": max(errors[name] for name in targets),
        "differing": sorted(name for name, error in errors.items() if error > DIFFERENT),
        "scale": scale,
        "residual": residual,
        "is_base": all(_relative(theirs.get(name), base[name]) <= DIFFERENT for name in targets),
        "head_differs": any(errors[name] > DIFFERENT for name in found.names.saved),
        "label_flips": flips,
        "n": count,
    }


def _merged_tensors(inputs: MeasuringInputs, folder: str) -> "dict[str, Tensor]":
    find_folder(inputs.artifacts, folder)
    tensors = read_tensors(inputs.artifacts, f"{folder}/{WEIGHTS}")
    if broken := not_finite(tensors):
        raise SubmissionFault("GR317", f"{folder}/{WEIGHTS} holds NaN or infinity, for example in {broken[0]}.")
    return tensors


def _relative(found: "Tensor | None", expected: "Tensor") -> float:
    """The relative difference of two tensors; 1 when one is absent or of another shape."""
    if found is None or found.shape != expected.shape:
        return 1.0
    size = float(expected.double().norm())
    return float((found.double() - expected.double()).norm()) / (size or 1.0)


def fitted(
    theirs: "dict[str, Tensor]", base: "dict[str, Tensor]", expected: "dict[str, Tensor]", targets: list[str]
) -> tuple[float | None, float | None]:
    """Fit the merged change to the adapter's by least squares; None where the adapter changes nothing."""
    import torch

    usable = [name for name in targets if name in theirs and theirs[name].shape == base[name].shape]
    changes = [(theirs[name].double() - base[name].double()).flatten() for name in usable]
    wanted = [(expected[name].double() - base[name].double()).flatten() for name in usable]
    if not usable or not float(torch.cat(wanted).norm()):
        return None, None
    change, want = torch.cat(changes), torch.cat(wanted)
    scale = float(change @ want) / float(want @ want)
    return scale, float((change - scale * want).norm()) / float(want.norm())


def _label_flips(spec: MeasurementSpec, inputs: MeasuringInputs, expected: "dict[str, Tensor]") -> tuple[int, int]:
    found = read_adapter(spec, inputs)
    texts = sample_texts(spec, inputs, SAMPLE)
    length = option(spec, "max_length", MAX_LENGTH)
    with ours("the tokenizer of the base"):
        saved = load_tokenizer(model_base(spec, inputs), "")
    merged, config = load_classifier(inputs.artifacts, spec.artifacts[1], inputs.device)
    theirs = logits_of(merged, config, saved, texts, length, cache_dir=inputs.cache_dir)
    reference = assembled(found.classifier, expected, inputs.device)
    honest = logits_of(reference, found.classifier, saved, texts, length, cache_dir=inputs.cache_dir)
    return int((theirs.argmax(axis=1) != honest.argmax(axis=1)).sum()), len(texts)
