from dataclasses import replace

import pytest
import yaml

from grader.hub.miniatures.cards import FIGURES, render_card
from grader.hub.miniatures.catalogue import Entry, load_catalogue
from grader.hub.miniatures.snapshot import read_manifest


def card(asked: str, figures: dict[str, float] | None = None, **changes: object) -> tuple[dict, str]:
    catalogue = load_catalogue()
    entry, builds = catalogue.entry(asked)
    text = render_card(replace(entry, **changes), [catalogue.builds[name] for name in builds], figures or {})
    assert text is not None
    if not text.startswith("---\n"):
        return {}, text
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


def entries() -> list[str]:
    return list(load_catalogue().ids())


@pytest.mark.parametrize("asked", entries())
def test_every_card_says_that_it_is_a_miniature(asked: str):
    if load_catalogue().entry(asked)[0].card != "missing":
        assert "This is a miniature." in card(asked)[1]


def test_a_model_card_carries_what_was_measured():
    data, body = card("distilbert/distilbert-base-uncased", {"verdict_words": 0.98765, "steps": 3.0})
    assert data["license"] == "apache-2.0"
    assert data["pipeline_tag"] == "fill-mask"
    (result,) = data["model-index"][0]["results"]
    assert [metric["value"] for metric in result["metrics"]] == [0.9877]
    assert "| 0.9877 |" in body
    assert "steps" not in body.split("## Evaluation")[1].split("## How")[0]


def test_a_model_without_figures_says_that_it_was_not_trained():
    data, body = card("FacebookAI/roberta-base")
    assert "model-index" not in data
    assert "its weights are random" in body


def test_a_poor_card_has_little_and_a_missing_one_nothing():
    data, body = card("ProsusAI/finbert")
    assert data == {}
    assert "## " not in body
    assert card("google-bert/bert-base-german-cased")[0] == {"license": "mit"}
    bare = load_catalogue().entry("microsoft/mpnet-base")[0]
    assert render_card(bare, [], {}) is None


def test_a_licence_that_is_not_stated_is_unknown():
    assert card("openai/clip-vit-base-patch32")[0]["license"] == "unknown"


def test_a_dataset_card_says_where_its_splits_are():
    data, body = card("datasets/stanfordnlp/imdb:large", {"rows_train": 4000.0, "positive_share": 0.5})
    assert [config["config_name"] for config in data["configs"]] == ["plain_text", "large"]
    assert data["configs"][0]["default"] is True
    assert data["configs"][1]["data_files"] == [{"split": "train", "path": "large/train-*"}]
    assert "| train | 4,000 |" in body


def test_a_dataset_without_a_task_has_no_task_categories():
    assert "task_categories" not in card("datasets/stanfordnlp/imdb", task=None)[0]


@pytest.mark.parametrize(
    ("asked", "call"),
    [
        ("datasets/stanfordnlp/imdb", 'load_dataset("stanfordnlp/imdb")'),
        ("dslim/bert-base-NER", 'pipeline("token-classification", model="dslim/bert-base-NER")'),
        ("google-t5/t5-small", 'AutoModel.from_pretrained("google-t5/t5-small")'),
    ],
)
def test_a_card_shows_a_call_that_fits_its_task(asked: str, call: str):
    assert call in card(asked)[1]


def test_every_measured_figure_of_a_model_has_words():
    catalogue, manifest = load_catalogue(), read_manifest()
    trained = {name for model in catalogue.models.values() for name in model.builds}
    measured = {figure for name in trained for figure in manifest.builds[name].figures}
    assert measured - {"parameters"} <= set(FIGURES)


def test_the_hub_accepts_the_metadata_of_every_card():
    from huggingface_hub import ModelCardData

    for entry in load_catalogue().models.values():
        if entry.card == "good":
            data, _ = card(entry.id, {"accuracy": 0.5})
            assert ModelCardData(**data).to_dict()["license"] == data["license"]


def test_entries_are_told_apart_by_their_words():
    good: list[Entry] = [entry for entry in load_catalogue().models.values() if entry.card == "good"]
    assert len({entry.about for entry in good}) == len(good)
