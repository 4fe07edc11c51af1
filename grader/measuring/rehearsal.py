"""Measures a model of a few numbers, so that forks of this process do nothing for the first time."""

import importlib
import tempfile
from pathlib import Path

from grader.measuring.cache import sources_sha256
from grader.measuring.checkpoints import load_classifier
from grader.measuring.classifiers import predictions, scores
from grader.measuring.inference import logits_of
from grader.measuring.registry import MEASURES, TOGETHER
from grader.measuring.texts import LabelledTexts
from grader.measuring.tokenizers import load_tokenizer

_TEXTS = ("a b", "b a b")
_UNKNOWN = "[UNK]"
_WORDS = ("[PAD]", _UNKNOWN, "[CLS]", "[SEP]", "a", "b")


def rehearse() -> None:
    """Load what measures are made of, and measure a classifier that is written for it; nothing of it is left."""
    for module in {*MEASURES.values(), *TOGETHER.values()}:
        importlib.import_module(module)
        sources_sha256(module)
    with tempfile.TemporaryDirectory(prefix="grader-rehearsal-") as name:
        root = Path(name)
        _write_model(root / "model")
        model, config = load_classifier(root, "model")
        logits = logits_of(model, config, load_tokenizer(root, "model"), _TEXTS, max_length=4, cache_dir=root)
    predictions(logits)
    scores(logits, LabelledTexts(_TEXTS, labels=(0, 1), slices={}))


def _write_model(folder: Path) -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=len(_WORDS), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordPiece({word: number for number, word in enumerate(_WORDS)}, unk_token=_UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair=None, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
