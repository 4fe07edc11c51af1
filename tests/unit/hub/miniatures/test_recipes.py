"""Each recipe, cut down to a few steps: it runs, measures, and saves what the Auto classes load."""

from pathlib import Path
from types import ModuleType

import pytest

from grader.hub.miniatures.build import Workshop, ensure_repos
from grader.hub.miniatures.catalogue import load_catalogue
from grader.hub.miniatures.order import Figures, Order

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (repo,) = ensure_repos(
        ["google-bert/bert-base-uncased"], tmp_path_factory.mktemp("cache"), lambda name, share: None
    )
    return repo.folder


def few_steps(monkeypatch: pytest.MonkeyPatch, recipe: ModuleType) -> None:
    for name in ("STEPS", "WARM_STEPS"):
        if hasattr(recipe, name):
            monkeypatch.setattr(recipe, name, 2)


def run(recipe: ModuleType, folder: Path, base: Path, **parameters: object) -> Figures:
    shares: list[float] = []
    figures = recipe.build(Order(folder, parameters, {"base": base}, shares.append))
    assert shares[-1] == pytest.approx(1.0)
    assert (folder / "model.safetensors").is_file()
    return figures


@pytest.mark.parametrize("architecture", ["bert", "distilbert"])
def test_a_base_is_saved_with_its_tokenizer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, base: Path, architecture: str
):
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    from grader.hub.miniatures.recipes import fine_tuning, masked_language

    few_steps(monkeypatch, masked_language)
    monkeypatch.setattr(fine_tuning, "EPOCHS", 1)
    monkeypatch.setattr(fine_tuning, "ROWS", 64)
    monkeypatch.setattr(fine_tuning.fine_tune, "__defaults__", (64, False))
    figures = run(masked_language, tmp_path, base, architecture=architecture, seed=0)
    assert set(figures) == {
        "verdict_words",
        "fine_tuned_accuracy",
        "head_only_accuracy",
        "hundred_rows_accuracy",
        "from_scratch_accuracy",
    }
    assert AutoModelForMaskedLM.from_pretrained(tmp_path).config.model_type == architecture
    assert AutoTokenizer.from_pretrained(tmp_path).tokenize("Overall I loved it.") == [
        "overall",
        "i",
        "loved",
        "it",
        ".",
    ]


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("entities", "f1"),
        ("answers", "exact_match"),
        ("entailment", "zero_shot_accuracy"),
        ("embeddings", "ranking_accuracy"),
        ("rewriting", "translation_exact"),
        ("vision_classifier", "accuracy"),
        ("contrastive", "zero_shot_accuracy"),
        ("captioning", "exact_match"),
        ("speech_letters", "word_error_rate"),
        ("speech_words", "word_error_rate"),
    ],
)
def test_a_recipe_measures_and_saves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, base: Path, name: str, figure: str
):
    import importlib

    from transformers import AutoConfig

    recipe = importlib.import_module(f"grader.hub.miniatures.recipes.{name}")
    few_steps(monkeypatch, recipe)
    assert figure in run(recipe, tmp_path, base, seed=0)
    assert AutoConfig.from_pretrained(tmp_path).architectures


@pytest.mark.parametrize(("architecture", "chat"), [("gpt2", False), ("qwen2", True)])
def test_a_causal_model_reads_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, base: Path, architecture: str, *, chat: bool
):
    from transformers import AutoTokenizer

    from grader.hub.miniatures.recipes import causal

    few_steps(monkeypatch, causal)
    monkeypatch.setattr(causal, "TEXTS", 500)
    figures = run(causal, tmp_path, base, architecture=architecture, chat=chat, seed=0)
    assert figures["perplexity"] > figures["unigram_perplexity"] > 1
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    text = "Höchst “typographisch” 漢字 🙂"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    if chat:
        talk = [{"role": "user", "content": "Who directed it?"}]
        told = tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
        assert told == "<|user|>Who directed it?<|end|><|assistant|>"


def test_a_classifier_names_its_labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, base: Path):
    from transformers import AutoConfig

    from grader.hub.miniatures.recipes import classifier, fine_tuning

    monkeypatch.setattr(fine_tuning, "EPOCHS", 1)
    monkeypatch.setattr(fine_tuning.fine_tune, "__defaults__", (320, False))
    assert run(classifier, tmp_path, base, seed=0)["accuracy"] > 0.7
    assert AutoConfig.from_pretrained(tmp_path).id2label == {0: "NEGATIVE", 1: "POSITIVE"}


@pytest.mark.parametrize("text", [True, False])
def test_an_untrained_model_has_its_architecture_and_says_its_size(tmp_path: Path, base: Path, *, text: bool):
    from transformers import AutoModel

    from grader.hub.miniatures.recipes import untrained

    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    figures = run(untrained, tmp_path, base, model_type="bert", text=text, config={**small, "vocab_size": 50})
    model = AutoModel.from_pretrained(tmp_path)
    assert figures["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert model.config.vocab_size == (untrained.WORDS if text else 50)
    assert (tmp_path / "tokenizer.json").is_file() == text


def test_a_rebuild_reaches_the_figure_in_its_card(tmp_path: Path):
    """The cheapest build that starts from a base: 300 steps."""
    catalogue = load_catalogue()
    shipped = Workshop(tmp_path / "shipped", catalogue).ensure(["ner"], lambda name, share: None)["ner"]
    fresh = Workshop(tmp_path / "fresh", catalogue, snapshot=tmp_path / "none")
    base = Workshop(fresh.cache, catalogue).ensure(["bert-base"], lambda name, share: None)["bert-base"]
    assert fresh.plan(["ner"]).builds == ("ner",)
    rebuilt = fresh.ensure(["ner"], lambda name, share: None)["ner"]
    assert base.folder.parent.parent == rebuilt.folder.parent.parent
    assert rebuilt.figures["f1"] == pytest.approx(shipped.figures["f1"], abs=0.02)
