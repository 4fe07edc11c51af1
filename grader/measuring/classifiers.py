"""Measures how good a saved classifier is, and what it predicts."""

from typing import TYPE_CHECKING, Any

from grader.errors import SubmissionFault
from grader.measuring.checkpoints import load_classifier
from grader.measuring.inference import logits_of
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.intervals import wilson
from grader.measuring.sources import option
from grader.measuring.texts import LabelledTexts, labelled_texts
from grader.measuring.tokenizers import load_tokenizer
from grader.model.lab import MeasurementSpec

if TYPE_CHECKING:
    import numpy as np

    Logits = np.ndarray[Any, np.dtype[np.float32]]

#: Tokens of a text that are read when a measurement does not say.
MAX_LENGTH = 512
#: The precision of a label that is never predicted. scikit-learn annotates text and documents a number.
_ZERO: Any = 0


def classifier_accuracy(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Measure a saved classifier on labelled texts.

    Args:
        spec: artifacts = [model folder]; data = [Parquet file] or bases with `datasets/...`; options: split
            ("test"), max_length (512).
        inputs: the run's artifacts and the data.

    Returns:
        As `scores`.

    Raises:
        SubmissionFault: GR314 to GR317, the files are missing, damaged, do not fit or are not finite.
    """
    texts = labelled_texts(spec, inputs)
    return scores(_logits(spec, inputs, texts), texts)


def classifier_predictions(spec: MeasurementSpec, inputs: MeasuringInputs) -> dict[str, Any]:
    """Compute what a saved classifier predicts for labelled texts.

    Args:
        spec: as for `classifier_accuracy`.
        inputs: the run's artifacts and the data.

    Returns:
        labels (the number with the largest logit, by row), margins (the gap between the two largest logits, by row:
        a label may differ between machines where it is below 1e-4), n.

    Raises:
        SubmissionFault: GR314 to GR317, as for `classifier_accuracy`.
    """
    return predictions(_logits(spec, inputs, labelled_texts(spec, inputs)))


def predictions(logits: "Logits") -> dict[str, Any]:
    """Return what logits of shape (texts, labels) predict, as `classifier_predictions` does."""
    import numpy as np

    best = np.sort(logits, axis=1)
    gaps = best[:, -1] - best[:, -2] if logits.shape[1] > 1 else np.abs(logits[:, 0])
    labels = logits.argmax(axis=1)
    return {
        "labels": [int(label) for label in labels],
        "margins": [round(float(gap), 6) for gap in gaps],
        "n": len(labels),
    }


def scores(logits: "Logits", texts: LabelledTexts) -> dict[str, Any]:
    """Compare logits with labels.

    Precision, recall and F1 are those of label 1 for two labels, else the macro average (scikit-learn); the interval
    is Wilson's.

    Args:
        logits: shape (texts, labels).
        texts: the texts, with their labels and slices.

    Returns:
        accuracy, low, high (95 %), n, correct, confusion [[true 0 as 0, true 0 as 1], [true 1 as 0, ...]], precision,
        recall, f1, slices {name: {n, accuracy, low, high}}.

    Raises:
        SubmissionFault: GR315, the model has another number of outputs than there are labels.
    """
    import numpy as np
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    true = np.array(texts.labels)
    kinds = int(true.max()) + 1
    if logits.shape[1] != max(kinds, 2):
        message = f"The model has {logits.shape[1]} outputs; the task has {max(kinds, 2)} labels."
        raise SubmissionFault("GR315", message, "Load the base with `num_labels` set to the number of labels.")
    predicted = logits.argmax(axis=1)
    right = predicted == true
    precision, recall, f1, _ = precision_recall_fscore_support(
        true, predicted, average="binary" if logits.shape[1] == 2 else "macro", zero_division=_ZERO
    )
    return {
        **_share(right),
        "correct": int(right.sum()),
        "confusion": confusion_matrix(true, predicted, labels=list(range(logits.shape[1]))).tolist(),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "slices": {name: _share(right[list(rows)]) for name, rows in texts.slices.items()},
    }


def _share(right: "np.ndarray[Any, np.dtype[np.bool_]]") -> dict[str, Any]:
    n, correct = len(right), int(right.sum())
    low, high = wilson(correct, n)
    return {"accuracy": correct / n, "low": low, "high": high, "n": n}


def _logits(spec: MeasurementSpec, inputs: MeasuringInputs, texts: LabelledTexts) -> "Logits":
    folder = spec.artifacts[0]
    model, config = load_classifier(inputs.artifacts, folder, inputs.device)
    saved = load_tokenizer(inputs.artifacts, folder)
    return logits_of(
        model, config, saved, texts.texts, option(spec, "max_length", MAX_LENGTH), cache_dir=inputs.cache_dir
    )
