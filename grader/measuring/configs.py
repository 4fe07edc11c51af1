"""Reads config.json of a classifier by an allow-list of architectures, fields and sizes; executes nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from grader.artifacts.json_file import read_json_file
from grader.errors import SubmissionFault

Family = Literal["bert", "distilbert"]

#: Fields that make a library run code or another format; a student's model of these labs has no need of them.
FORBIDDEN = ("auto_map", "trust_remote_code", "custom_pipelines", "quantization_config")
#: Labels of one classifier.
LABEL_LIMIT = 1_000

_ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish")
_SIZES: dict[Family, dict[str, tuple[int, int]]] = {
    # field: (the library's default, the largest that is sane)
    "bert": {
        "vocab_size": (30_522, 300_000),
        "hidden_size": (768, 8_192),
        "num_hidden_layers": (12, 64),
        "num_attention_heads": (12, 128),
        "intermediate_size": (3_072, 32_768),
        "max_position_embeddings": (512, 16_384),
        "type_vocab_size": (2, 16),
    },
    "distilbert": {
        "vocab_size": (30_522, 300_000),
        "dim": (768, 8_192),
        "n_layers": (6, 64),
        "n_heads": (12, 128),
        "hidden_dim": (3_072, 32_768),
        "max_position_embeddings": (512, 16_384),
    },
}
_SHARES: dict[Family, dict[str, float]] = {
    "bert": {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "layer_norm_eps": 1e-12},
    "distilbert": {"dropout": 0.1, "attention_dropout": 0.1, "seq_classif_dropout": 0.2},
}
_ACTIVATION_FIELD: dict[Family, str] = {"bert": "hidden_act", "distilbert": "activation"}
_ARCHITECTURES: dict[Family, str] = {
    "bert": "BertForSequenceClassification",
    "distilbert": "DistilBertForSequenceClassification",
}
_WIDTH_AND_HEADS: dict[Family, tuple[str, str]] = {
    "bert": ("hidden_size", "num_attention_heads"),
    "distilbert": ("dim", "n_heads"),
}


@dataclass(frozen=True)
class ClassifierConfig:
    """What we take from a config.json; every field that is not here is ignored."""

    family: Family
    architecture: str
    fields: dict[str, int | float | str | None]
    """Arguments of the library's configuration class."""
    id2label: dict[int, str]

    @property
    def num_labels(self) -> int:
        """Number of outputs."""
        return len(self.id2label)

    @property
    def positions(self) -> int:
        """Longest sequence, in tokens."""
        return int(cast("int", self.fields["max_position_embeddings"]))

    @property
    def vocabulary(self) -> int:
        """Number of token embeddings."""
        return int(cast("int", self.fields["vocab_size"]))


def read_config(root: Path, folder: str, *, classifier: bool = True) -> ClassifierConfig:
    """Read the config.json of a model folder.

    Args:
        root: the folder of collected artifacts, or of a base.
        folder: POSIX path below it; empty for the folder itself.
        classifier: whether it must be a classifier; a base may have any head of its family.

    Returns:
        The configuration; for a base that is no classifier, that of a classifier with two labels on it.

    Raises:
        SubmissionFault: GR314, the file is missing; GR315, it is not the configuration of a model that we know.
    """
    name = f"{folder}/config.json" if folder else "config.json"
    data = read_json_file(root, name)
    if not isinstance(data, dict):
        raise _unsuitable(name, "it holds no object")
    config = cast("dict[str, Any]", data)
    for field in FORBIDDEN:
        if config.get(field):
            raise _unsuitable(name, f"`{field}` asks for code or formats that are not part of this lab")
    family = _family(config, name, classifier=classifier)
    fields: dict[str, int | float | str | None] = {}
    for field, (default, most) in _SIZES[family].items():
        fields[field] = _whole(config, field, default, most, name)
    for field, share in _SHARES[family].items():
        fields[field] = _share(config, field, share, name)
    fields[_ACTIVATION_FIELD[family]] = _activation(config, _ACTIVATION_FIELD[family], name)
    fields["pad_token_id"] = _padding(config, int(cast("int", fields["vocab_size"])), name)
    width, heads = (int(cast("int", fields[field])) for field in _WIDTH_AND_HEADS[family])
    if width % heads:
        raise _unsuitable(name, f"{width} hidden units cannot be shared by {heads} heads")
    return ClassifierConfig(family, _ARCHITECTURES[family], fields, _labels(config, name))


def _family(config: dict[str, Any], name: str, *, classifier: bool) -> Family:
    model_type = config.get("model_type")
    family: Family
    if model_type == "bert":
        family = "bert"
    elif model_type == "distilbert":
        family = "distilbert"
    else:
        raise _unsuitable(name, f"`model_type` is {str(model_type)[:40]!r}; known are {', '.join(_SIZES)}")
    if classifier and config.get("architectures") != [_ARCHITECTURES[family]]:
        found = str(config.get("architectures"))[:80]
        raise _unsuitable(name, f"`architectures` is {found}, not {[_ARCHITECTURES[family]]}")
    odd = [field for field in ("is_decoder", "add_cross_attention", "sinusoidal_pos_embds") if config.get(field)]
    if odd or config.get("position_embedding_type", "absolute") != "absolute":
        raise _unsuitable(name, f"`{odd[0] if odd else 'position_embedding_type'}` makes it another kind of model")
    return family


def _whole(config: dict[str, Any], field: str, default: int, most: int, name: str) -> int:
    value = config.get(field, default)
    if type(value) is not int or not 1 <= value <= most:
        raise _unsuitable(name, f"`{field}` is {str(value)[:40]}; a whole number from 1 to {most:,} is sane")
    return value


def _share(config: dict[str, Any], field: str, default: float, name: str) -> float:
    value = config.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise _unsuitable(name, f"`{field}` is {str(value)[:40]}; a number from 0 to 1 is sane")
    return float(value)


def _activation(config: dict[str, Any], field: str, name: str) -> str:
    value = config.get(field, "gelu")
    if value not in _ACTIVATIONS:
        raise _unsuitable(name, f"`{field}` is {str(value)[:40]!r}; known are {', '.join(_ACTIVATIONS)}")
    return value


def _padding(config: dict[str, Any], vocabulary: int, name: str) -> int | None:
    value = config.get("pad_token_id", 0)
    if value is not None and (type(value) is not int or not 0 <= value < vocabulary):
        raise _unsuitable(name, f"`pad_token_id` is {str(value)[:40]}, which is no token of the vocabulary")
    return value


def _labels(config: dict[str, Any], name: str) -> dict[int, str]:
    stored = config.get("id2label")
    if stored is None:
        count = config.get("num_labels", 2)
        if type(count) is not int or not 1 <= count <= LABEL_LIMIT:
            raise _unsuitable(name, "`num_labels` is no sane number")
        return {number: f"LABEL_{number}" for number in range(count)}
    entries = cast("dict[str, Any]", stored) if isinstance(stored, dict) else {}
    numbers = [str(number) for number in range(len(entries))]
    good = all(isinstance(label, str) and len(label) <= 200 for label in entries.values())
    if not 1 <= len(entries) <= LABEL_LIMIT or sorted(entries) != sorted(numbers) or not good:
        raise _unsuitable(name, "`id2label` does not give each number from 0 on a name")
    return {int(number): entries[number] for number in numbers}


def _unsuitable(name: str, why: str) -> SubmissionFault:
    return SubmissionFault("GR315", f"{name} cannot be used: {why}.", "Save the model with `save_pretrained`.")
