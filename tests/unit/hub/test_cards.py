import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.hub.cards import BLOCK_BYTES, CardError, as_list, card_block, card_data, read_json_bytes, validate_card


def readme(yaml: str) -> str:
    return f"---\n{yaml}\n---\n# Title\n"


def test_metadata_is_plain_json():
    text = "a: 1\nb: [x, 2.5]\nc: 2024-01-02\nd: {1: true}\ne: .nan\nf: null\nh: !!binary aGk=\n"
    text += "g: 123456789012345678901234567890"

    assert card_data(readme(text)) == {
        "a": 1,
        "b": ["x", 2.5],
        "c": "2024-01-02",
        "d": {"1": True},
        "e": None,
        "f": None,
        "g": "123456789012345678901234567890",
        "h": "b'hi'",
    }


@pytest.mark.parametrize("content", ["", "# Title", "text\n---\na: 1\n---\n", "---\nnever ended"])
def test_a_readme_without_a_block_has_no_metadata(content: str):
    assert card_block(content) is None
    assert card_data(content) == {}


def test_an_empty_block_has_no_metadata():
    assert card_data("---\n---\n") == {}
    assert card_data("\ufeff---\r\nlicense: mit\r\n---\r\n") == {"license": "mit"}


@pytest.mark.parametrize(
    ("yaml", "word"),
    [
        ("a: [", "not valid YAML"),
        ("- a\n- b", "mapping"),
        ("a: " + "[" * 60_000, "nested"),
        ("a: " + "x" * BLOCK_BYTES, "longer"),
        ("a: 2024-99-99", "not valid YAML"),
        ("a: !!python/object/apply:os.system [ls]", "not valid YAML"),
    ],
)
def test_a_block_that_cannot_be_used_is_said_so(yaml: str, word: str):
    with pytest.raises(CardError, match=word):
        card_data(readme(yaml))


def test_aliases_cannot_fill_the_memory():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    with pytest.raises(CardError, match="aliases"):
        card_data(readme("\n".join(lines)))


def test_a_good_card_has_nothing_to_report():
    report = validate_card(readme("license: mit\nlanguage: [en, de]\ntags: [a]"), "model")

    assert (report.errors, report.warnings) == ([], [])


@pytest.mark.parametrize("content", ["# no block", "---\n\n---\n"])
def test_missing_metadata_is_a_warning(content: str):
    report = validate_card(content, "model")

    assert report.errors == []
    assert report.warnings == ["empty or missing yaml metadata in repo card"]


@pytest.mark.parametrize(
    ("yaml", "kind", "word"),
    [
        ("license: [", "model", "YAML"),
        ("language: no", "model", "quotes"),
        ("tags: {a: b}", "model", '"tags"'),
        ("pipeline_tag: [a]", "model", '"pipeline_tag"'),
        ("model-index:\n- results: 5", "model", "ModelCardData"),
        ("configs: {a: b}", "dataset", '"configs"'),
        ("configs: [{data_files: x}]", "dataset", '"configs"'),
        ("datasets: [5]", "space", '"datasets"'),
    ],
)
def test_bad_metadata_is_named(yaml: str, kind: str, word: str):
    errors = validate_card(readme(yaml), kind).errors

    assert any(word in error for error in errors), errors


def test_configurations_of_a_dataset_are_fine():
    assert validate_card(readme("configs: [{config_name: a, data_files: x}]"), "dataset").errors == []


def test_one_string_or_a_list_is_a_list():
    assert as_list("a") == ["a"]
    assert as_list(["a", 5, "b"]) == ["a", "b"]
    assert as_list(None) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_not_json_is_none(content: bytes):
    assert read_json_bytes(content) is None


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str):
    for content in (text, readme(text)):
        report = validate_card(content, "model")
        assert isinstance(report.errors, list)
