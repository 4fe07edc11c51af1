"""Tiny BERT-like models with random weights, saved by the real libraries, and inputs to measure them with."""

import copy
import json
import shutil
import warnings
from pathlib import Path
from typing import Any

from grader.measuring.inputs import MeasuringInputs
from grader.model.lab import MeasurementSpec
from tests.fakes.judged import manifest_of

WORDS = [
    *("the", "a", "film", "was", "is", "not", "never", "good", "bad", "great", "awful", "very"),
    *("story", "acting", "director", "and", "but", "overall", "i", "loved", "hated", "it"),
]
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {"bert": "google-bert/bert-base-uncased", "distilbert": "distilbert/distilbert-base-uncased"}
DATASET = "datasets/stanfordnlp/imdb"
POSITIONS = 32


def write_tokenizer(folder: Path, words: list[str] | None = None, *, lowercase: bool = True) -> None:
    """Write tokenizer.json and tokenizer_config.json as transformers does."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789.,!?()'-"]
    entries = dict.fromkeys([*SPECIALS, *(words or WORDS), *letters, *(f"##{letter}" for letter in letters)])
    vocab = {word: number for number, word in enumerate(entries)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(SPECIALS)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "BertTokenizer", "model_max_length": POSITIONS}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def vocabulary_size() -> int:
    """Number of tokens of the tokenizer."""
    return len(dict.fromkeys([*SPECIALS, *WORDS, *"abcdefghijklmnopqrstuvwxyz0123456789.,!?()'-"])) + 44


def config_of(family: str, **changes: Any) -> Any:
    """A configuration of a model of 2 layers and 16 hidden units."""
    from transformers import BertConfig, DistilBertConfig

    common = {"vocab_size": vocabulary_size(), "max_position_embeddings": POSITIONS}
    labels = {"id2label": {0: "negative", 1: "positive"}, "label2id": {"negative": 0, "positive": 1}}
    if family == "bert":
        sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
        return BertConfig(**{**common, **labels, **sizes, **changes})
    sizes = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    return DistilBertConfig(**{**common, **labels, **sizes, **changes})


def write_base(folder: Path, family: str) -> Path:
    """Write a base model with a pre-training head, as the Hub's miniatures are."""
    import torch
    from transformers import BertForPreTraining, DistilBertForMaskedLM

    torch.manual_seed(0)
    kind = BertForPreTraining if family == "bert" else DistilBertForMaskedLM
    kind(config_of(family)).save_pretrained(folder)
    write_tokenizer(folder)
    return folder


def fine_tuned(base: Path, family: str, scale: float = 0.02) -> Any:
    """Return a classifier that starts at the base, with every weight moved a little."""
    import torch
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(1)
    model = AutoModelForSequenceClassification.from_pretrained(base)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(scale * torch.randn_like(parameter))
    return model.eval()


def write_model(folder: Path, model: Any) -> Path:
    """Save a classifier with its tokenizer."""
    model.save_pretrained(folder)
    write_tokenizer(folder)
    return folder


def write_reviews(path: Path, rows: int = 60) -> list[dict[str, Any]]:
    """Write labelled reviews with slices."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = [
        {
            "text": " ".join(WORDS[(row * 7 + at * at) % len(WORDS)] for at in range(3 + row % 9)) + ".",
            "label": row % 2,
            "negated": row % 3 == 0,
            "length": row % 4,
        }
        for row in range(rows)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(table), path)
    return table


def inputs_for(root: Path, bases: dict[str, Path] | None = None) -> MeasuringInputs:
    """Inputs over root/artifacts, root/checks and root/cache."""
    artifacts = root / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    return MeasuringInputs(
        artifacts, manifest_of(artifacts), bases or {}, root / "checks", root / "cache", seed=7, device="cpu"
    )


def spec_of(measure: str, *artifacts: str, **changes: Any) -> MeasurementSpec:
    """A declaration."""
    return MeasurementSpec(measure, measure, artifacts, **changes)


def copy_of(folder: Path, target: Path) -> Path:
    """A copy of a folder to damage."""
    shutil.copytree(folder, target, dirs_exist_ok=True)
    return target


def write_adapter(root: Path, base: Path, family: str, rank: int = 2) -> Any:
    """Save an adapter with every matrix drawn at random, and its merged twin; return the peft model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # notices of peft to its own authors
        return _written_adapter(root, base, family, rank)


def _written_adapter(root: Path, base: Path, family: str, rank: int) -> Any:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(2)
    targets = ["query", "value"] if family == "bert" else ["q_lin", "v_lin"]
    # peft appends `classifier` and `score`; DistilBERT has a second layer in its head
    saved = None if family == "bert" else ["pre_classifier"]
    config = LoraConfig(
        task_type="SEQ_CLS",
        r=rank,
        lora_alpha=4 * rank,
        lora_dropout=0.0,
        target_modules=targets,
        modules_to_save=saved,
    )
    model = get_peft_model(AutoModelForSequenceClassification.from_pretrained(base), config)
    model.peft_config["default"].base_model_name_or_path = SIZES[family]
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name or "modules_to_save" in name:
                parameter.copy_(0.3 * torch.randn_like(parameter))
    model.save_pretrained(root / "adapter")
    merged = copy.deepcopy(model).merge_and_unload()
    write_model(root / "merged", merged)
    return model.eval()
