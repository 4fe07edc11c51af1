import os

import pytest

from grader.errors import SubmissionFault
from grader.measuring import token_cache
from grader.measuring.token_cache import token_ids
from grader.measuring.tokenizers import SavedTokenizer, load_tokenizer
from tests.fakes.tiny_models import WORDS, write_tokenizer

TEXTS = ("the film was good", "", "not very good but the acting was great", "the film was good")


@pytest.fixture
def saved(tmp_path):
    write_tokenizer(tmp_path / "model")
    return load_tokenizer(tmp_path / "model", "")


@pytest.fixture
def encoded(monkeypatch):
    """Counts how often texts are really encoded."""
    calls = []
    encode = SavedTokenizer.encode

    def counted(self, texts, max_length=None):
        calls.append(len(texts))
        return encode(self, texts, max_length)

    monkeypatch.setattr(SavedTokenizer, "encode", counted)
    return calls


def entries(folder):
    return sorted((folder / "tokens").iterdir())


def test_what_is_remembered_is_what_the_tokenizer_makes(saved, tmp_path, encoded):
    made = [entry.ids for entry in saved.encode(TEXTS, 6)]
    encoded.clear()

    assert [token_ids(saved, TEXTS, 6, tmp_path) for _ in range(3)] == [made] * 3
    assert encoded == [len(TEXTS)]
    assert [len(tokens) for tokens in made] == [6, 2, 6, 6]


def test_nothing_is_remembered_without_a_folder(saved, encoded):
    made = [token_ids(saved, TEXTS, 6, None) for _ in range(2)]

    assert made[0] == made[1]
    assert len(encoded) == 2


def test_another_text_length_or_tokenizer_is_another_entry(saved, tmp_path, encoded):
    write_tokenizer(tmp_path / "other", words=WORDS[::-1])
    other = load_tokenizer(tmp_path / "other", "")
    token_ids(saved, TEXTS, 6, tmp_path)

    assert token_ids(saved, TEXTS, 4, tmp_path) == [entry.ids for entry in saved.encode(TEXTS, 4)]
    assert token_ids(saved, TEXTS[:2], 6, tmp_path) == [entry.ids for entry in saved.encode(TEXTS[:2], 6)]
    assert token_ids(other, TEXTS, 6, tmp_path) == [entry.ids for entry in other.encode(TEXTS, 6)]
    assert token_ids(saved, ("a", "b"), 6, tmp_path) != token_ids(saved, ("ab", ""), 6, tmp_path)
    assert len(entries(tmp_path)) == 6


def test_the_same_file_in_another_folder_is_the_same_tokenizer(saved, tmp_path, encoded):
    write_tokenizer(tmp_path / "copy")
    token_ids(saved, TEXTS, 6, tmp_path)
    token_ids(load_tokenizer(tmp_path / "copy", ""), TEXTS, 6, tmp_path)

    assert encoded == [len(TEXTS)]


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 400])
def test_a_damaged_entry_is_made_anew(saved, tmp_path, encoded, damage):
    made = token_ids(saved, TEXTS, 6, tmp_path)
    entries(tmp_path)[0].write_bytes(damage)

    assert token_ids(saved, TEXTS, 6, tmp_path) == made
    assert token_ids(saved, TEXTS, 6, tmp_path) == made
    assert len(encoded) == 2


def test_those_used_last_are_kept(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(token_cache, "ENTRIES", 2)
    for age, length in enumerate((3, 4, 5)):
        token_ids(saved, TEXTS, length, tmp_path)
        for path in entries(tmp_path):
            if path.stat().st_mtime > 1000:
                os.utime(path, (age, age))

    assert len(entries(tmp_path)) == 2
    assert min(path.stat().st_mtime for path in entries(tmp_path)) == 1


def test_a_large_result_is_not_kept(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(token_cache, "ENTRY_LIMIT", 10)
    token_ids(saved, TEXTS, 6, tmp_path)

    assert not (tmp_path / "tokens").exists()


def test_a_disk_that_takes_nothing_costs_no_grade(saved, tmp_path, encoded):
    (tmp_path / "tokens").write_text("a file where a folder should be")

    assert [len(tokens) for tokens in token_ids(saved, TEXTS, 6, tmp_path)] == [6, 2, 6, 6]
    assert len(encoded) == 1


def test_a_tokenizer_that_fails_is_refused_and_nothing_is_kept(tmp_path):
    class Broken:
        def enable_truncation(self, length):
            """Do nothing."""

        def encode_batch(self, texts):
            raise RuntimeError("no [UNK]")

    with pytest.raises(SubmissionFault) as caught:
        token_ids(SavedTokenizer(Broken(), {}, 0, 0, "", None), TEXTS, 6, tmp_path)

    assert caught.value.code == "GR315"
    assert not (tmp_path / "tokens").exists()
