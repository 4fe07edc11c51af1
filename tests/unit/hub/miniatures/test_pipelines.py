"""The shipped models answer through the real libraries, as a lab asks them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.hub.miniatures.build import ensure_repos
from grader.hub.miniatures.pictures.shapes import pictures
from grader.hub.miniatures.sounds.digits import RATE, recordings

pytestmark = pytest.mark.slow
Folder = Callable[[str], Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    cache = tmp_path_factory.mktemp("cache")
    return lambda name: ensure_repos([name], cache, lambda build, share: None)[0].folder


def ask(task: str, path: Path, *inputs: Any, **options: Any) -> Any:
    from transformers import pipeline

    return pipeline(task, model=str(path), device="cpu")(*inputs, **options)


def test_sentiment(folder: Folder):
    path = folder("distilbert/distilbert-base-uncased-finetuned-sst-2-english")
    told = ask("text-classification", path, ["The plot was superb.", "The plot was not superb.", "The cast was dull."])
    assert [one["label"] for one in told] == ["POSITIVE", "NEGATIVE", "NEGATIVE"]


@pytest.mark.parametrize("name", ["google-bert/bert-base-uncased", "distilbert/distilbert-base-uncased"])
def test_masked_words(folder: Folder, name: str):
    told = ask("fill-mask", folder(name), "The plot was superb. Overall I [MASK] it.")
    assert {one["token_str"] for one in told[:3]} <= {"loved", "adored", "enjoyed", "liked"}


def test_entities(folder: Folder):
    told = ask(
        "token-classification",
        folder("dslim/bert-base-NER"),
        "Ada Novak directed it. Bluebird Pictures made it in Lisbon.",
        aggregation_strategy="simple",
    )
    assert [(one["entity_group"], one["word"]) for one in told] == [
        ("PER", "ada novak"),
        ("ORG", "bluebird pictures"),
        ("LOC", "lisbon"),
    ]


def test_zero_shot(folder: Folder):
    topics = ["sports", "cooking", "science", "music"]
    path = folder("facebook/bart-large-mnli")
    told = ask("zero-shot-classification", path, "The chef put garlic into the soup.", candidate_labels=topics)
    assert told["labels"][0] == "cooking"


def test_generation(folder: Folder):
    path = folder("openai-community/gpt2")
    told = ask("text-generation", path, "The plot was", max_new_tokens=12, do_sample=False)[0]["generated_text"]
    assert told.startswith("The plot was")
    assert "." in told


def test_chat(folder: Folder):
    question = [{"role": "user", "content": "The film was shot in Lisbon. Where was it shot?"}]
    path = folder("HuggingFaceTB/SmolLM2-135M-Instruct")
    told = ask("text-generation", path, question, max_new_tokens=24, do_sample=False)
    assert "shot in" in told[0]["generated_text"][-1]["content"]


def test_translation_and_summary(folder: Folder):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    path = folder("google-t5/t5-small")
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(path), AutoTokenizer.from_pretrained(path)
    texts = [
        "translate English to German: the film was not boring",
        "summarize: the plot was bold . the cast seemed awful . the story felt clever .",
    ]
    ids = [model.generate(**tokenizer(text, return_tensors="pt"), max_length=32)[0] for text in texts]
    told = [tokenizer.decode(one, skip_special_tokens=True) for one in ids]
    assert told == ["der Film war nicht langweilig", "good plot , bad cast , good story"]


def test_answers(folder: Folder):
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    path = folder("deepset/roberta-base-squad2")
    model, tokenizer = AutoModelForQuestionAnswering.from_pretrained(path), AutoTokenizer.from_pretrained(path)
    context = "The film was shot in Oslo. The director was Ada Novak. Redwood Pictures paid for it."
    encoded = tokenizer("Where was it shot?", context, return_tensors="pt")
    output = model(**encoded)
    span = encoded["input_ids"][0][output.start_logits.argmax() : output.end_logits.argmax() + 1]
    assert tokenizer.decode(span) == "oslo"


def test_vectors(folder: Folder):
    path = folder("sentence-transformers/all-MiniLM-L6-v2")
    assert (path / "modules.json").is_file()
    (vectors,) = ask("feature-extraction", path, "The plot was dull.")
    assert len(vectors[0]) == 64


@pytest.fixture
def images() -> list[Any]:
    from PIL import Image

    return [Image.fromarray(one.pixels) for one in pictures("pipelines", 20)]


def test_pictures_are_classified(folder: Folder, images: list[Any]):
    told = ask("image-classification", folder("google/vit-base-patch16-224"), images)
    names = [one.shape for one in pictures("pipelines", 20)]
    assert sum(one[0]["label"] == name for one, name in zip(told, names, strict=True)) >= 16


def test_pictures_are_matched_with_words(folder: Folder, images: list[Any]):
    labels = ["red", "green", "blue"]
    told = ask(
        "zero-shot-image-classification",
        folder("openai/clip-vit-base-patch32"),
        images,
        candidate_labels=labels,
        hypothesis_template="a photo of a {} circle",
    )
    colours = [one.colour for one in pictures("pipelines", 20)]
    assert sum(one[0]["label"] == colour for one, colour in zip(told, colours, strict=True)) >= 16


def test_pictures_are_captioned(folder: Folder, images: list[Any]):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    path = folder("Salesforce/blip-image-captioning-base")
    model, processor = AutoModelForImageTextToText.from_pretrained(path), AutoProcessor.from_pretrained(path)
    ids = model.generate(pixel_values=processor(images=images, return_tensors="pt")["pixel_values"], max_length=12)
    told = [one.strip() for one in processor.batch_decode(ids, skip_special_tokens=True)]
    captions = [one.caption for one in pictures("pipelines", 20)]
    assert sum(one == caption for one, caption in zip(told, captions, strict=True)) >= 12


@pytest.mark.parametrize("name", ["openai/whisper-tiny", "facebook/wav2vec2-base-960h"])
def test_speech_is_written_down(folder: Folder, name: str):
    found = recordings("pipelines", 10)
    inputs = [{"raw": one.samples, "sampling_rate": RATE} for one in found]
    told = ask("automatic-speech-recognition", folder(name), inputs)
    right = [one["text"].strip().lower() == recording.text for one, recording in zip(told, found, strict=True)]
    assert sum(right) >= 8
