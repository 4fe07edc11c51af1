"""Checks of lab 2.5.0: tensors, inference, batches, tokens and heads, by calling the functions on fresh inputs."""

import tokens
from words import some

from grader.checking.api import CheckFailure, check

LARGEST_GAP = 1e-4


@check(
    points=10, cell="exercise-1", hint="`shape`, `dtype`, `device` and `requires_grad` are arguments of `torch.randn`."
)
def test_tensors(probes, evidence):
    """A tensor has the shape, dtype, device and gradient that were asked for"""
    for call in probes.of("make_tensor"):
        asked, made = call.inputs, call.tensor()
        dtype = asked["dtype"]["$dtype"]
        evidence.equals(f"Shape for {asked['shape']}", str(list(made.shape)), str(asked["shape"]))
        if not evidence.equals(f"Dtype for {dtype}", made.dtype, dtype):
            evidence.mistake("other-dtype", f"Pass `dtype` on: a tensor of {made.dtype} is not one of {dtype}.")
        evidence.equals(f"Device ({dtype})", made.device, asked["device"])
        evidence.equals(f"Tracked by autograd ({dtype})", made.requires_grad, asked["requires_grad"])
        evidence.at_least(
            f"Different numbers in it ({dtype})", len(set(made.values)), 2, hint="Fill it with random numbers."
        )


@check(points=10, cell="exercise-2", hint="`model.eval()`, `torch.no_grad()`, then `model.train(was_training)`.")
def test_inference_mode(probes, evidence):
    """Inference is deterministic, keeps no graph and leaves the model's mode as it was"""
    import torch

    for call in probes.of("predict"):
        training = call.inputs["model"]["$module"]["training"]
        mode = "a model in train mode" if training else "a model in eval mode"
        made, model = call.tensor(), call.built("model").eval()
        with torch.no_grad():
            right = model(call.built("features")).tolist()
        gap = largest_gap(made, right)
        if not evidence.at_most(f"Largest difference from the answer without dropout, for {mode}", gap, LARGEST_GAP):
            evidence.mistake("train-mode-for-inference", "Dropout was on: call `model.eval()` before.")
        if not evidence.equals(f"A graph is kept, for {mode}", made.requires_grad, required=False):
            evidence.mistake("graph-for-inference", "Call the model inside `with torch.no_grad():`.")
        flags = call.training("model")
        after = "not known" if flags is None else "train" if all(flags) else "eval" if not any(flags) else "mixed"
        if not evidence.equals(f"Mode afterwards, for {mode}", after, "train" if training else "eval"):
            evidence.mistake(
                "mode-not-restored", "Remember `model.training`, and set it again with `model.train(...)`."
            )


@check(points=10, cell="exercise-3", hint="Give the loader `generator=torch.Generator().manual_seed(seed)`.")
def test_loader(probes, evidence):
    """The loader yields every row once, in batches, in the same order for the same seed"""
    first, again, other, plain, dropping = (_batches(call) for call in probes.of("make_loader"))
    asked = probes.of("make_loader")[0].inputs
    rows, size = asked["rows"], asked["batch_size"]
    full, rest = divmod(len(rows), size)
    evidence.equals("Sizes of the batches", _sizes(first), _told([size] * full + [rest]))
    if not evidence.equals("Sizes of the batches with `drop_last`", _sizes(dropping), _told([size] * full)):
        evidence.mistake("last-batch", "Pass `drop_last` on as it is given.")
    evidence.holds(
        "Every row comes once",
        sorted(_flat(first)) == sorted(rows),
        "Some rows are lost, or come more than once.",
        measured=f"{len(set(_flat(first)))} different rows",
        required=f"{len(rows)} rows, each once",
        hint="Keep the last batch, though it is smaller.",
    )
    if not evidence.holds(
        "The same seed gives the same order",
        first == again,
        "Two loaders with one seed yield the rows in different orders.",
        measured="different" if first != again else "the same",
        required="the same",
    ):
        evidence.mistake("unseeded-loader", "Without a generator of its own a loader draws from the global state.")
    evidence.holds("Another seed gives another order", first != other, "Two seeds give one and the same order.")
    evidence.holds("Shuffled rows are not in their order", _flat(first) != rows, "`shuffle=True` changes nothing.")
    evidence.holds("Rows that are not shuffled are", _flat(plain) == rows, "`shuffle=False` changes the order.")


@check(points=10, cell="exercise-4", hint="`padding=True`, `truncation=True`, `max_length=max_length`, in one call.")
def test_tokens(probes, bases, lab, evidence):
    """Texts become the tokenizer's ids, with a mask, no longer than they must be"""
    tokens.compare(probes.of("encode", "texts"), bases[lab.hub_models[0]], evidence)


@check(points=10, cell="exercise-5", hint="Pass `attention_mask` to the model: 1 for a real id, 0 for padding.")
def test_mask(probes, evidence):
    """A padded batch gives the same logits as its sequences alone"""
    import torch

    for call in probes.of("batch_logits"):
        made, model = call.tensor(), call.built("model").eval()
        sequences = call.inputs["sequences"]
        with torch.no_grad():
            alone = [model(input_ids=torch.tensor([row], device=model.device)).logits[0].tolist() for row in sequences]
            longest = max(map(len, sequences))
            filled = [row + [call.inputs["pad_id"]] * (longest - len(row)) for row in sequences]
            unmasked = model(input_ids=torch.tensor(filled, device=model.device)).logits.tolist()
        gap = largest_gap(made, alone)
        if (
            not evidence.at_most(
                "Largest difference between a sequence's logits in company and alone", gap, LARGEST_GAP
            )
            and largest_gap(made, unmasked) <= LARGEST_GAP
        ):
            evidence.mistake("no-attention-mask", "These are the logits without a mask: the model reads the padding.")


@check(points=10, cell="exercise-6", hint="First token, linear layer, softmax over the classes, argmax.")
def test_head(probes, evidence):
    """The head turns hidden states into logits, probabilities and labels"""
    import torch

    for number, call in enumerate(probes.of("classify"), 1):
        logits = torch.nn.functional.linear(call.built("hidden")[:, 0], call.built("weight"), call.built("bias"))
        shape = str(list(logits.shape))
        for name, right in (("logits", logits), ("probabilities", logits.softmax(dim=-1))):
            made = call.tensor(name)
            if evidence.equals(f"Shape of `{name}`, batch {number}", str(list(made.shape)), shape):
                gap = largest_gap(made, right.tolist())
                evidence.at_most(f"Largest error of `{name}`, batch {number}", gap, LARGEST_GAP)
        sums = torch.tensor(call.tensor("probabilities").values).reshape(len(logits), -1).sum(dim=-1)
        if not evidence.at_most(
            f"Row sums differ from 1 by, batch {number}", float((sums - 1).abs().max()), LARGEST_GAP
        ):
            evidence.mistake("softmax-over-the-batch", "Softmax goes over the classes: `dim=-1`.")
        labels = [int(label) for label in call.tensor("labels").values]
        evidence.equals(f"Labels, batch {number}", some(labels, 9), some(logits.argmax(dim=-1).tolist(), 9))


def largest_gap(made, right) -> float:
    """The largest difference between a tensor of the student's and nested lists of ours; infinite for another shape."""
    import numpy as np

    wanted = np.array(right, dtype=np.float64)
    if tuple(made.shape) != wanted.shape:
        return float("inf")
    return float(f"{np.abs(made.array() - wanted).max():.3g}")


def _batches(call):
    """The batches of a loader as lists of whole numbers."""
    batches = call.items()
    if not all(hasattr(batch, "values") and len(getattr(batch, "shape", ())) == 1 for batch in batches):
        raise CheckFailure(f"`{call.words}` does not yield batches of rows.", "Return a `DataLoader` over `rows`.")
    return [[int(value) for value in batch.values] for batch in batches]


def _flat(batches):
    return [row for batch in batches for row in batch]


def _sizes(batches) -> str:
    return _told([len(batch) for batch in batches])


def _told(sizes) -> str:
    return " + ".join(map(str, sizes)) or "none"
