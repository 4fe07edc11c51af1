import logging
import sys

from grader.measuring import rehearsal
from grader.measuring.cache import sources_sha256
from grader.measuring.registry import MEASURES


def test_a_rehearsal_loads_every_measure_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    logging.getLogger("transformers").setLevel(logging.ERROR)
    sources_sha256.cache_clear()

    rehearsal.rehearse()

    assert set(MEASURES.values()) <= sys.modules.keys()
    assert sources_sha256.cache_info().currsize >= len(set(MEASURES.values()))
    assert list(tmp_path.glob("grader-*")) == []


def test_what_is_rehearsed_is_a_measurement(tmp_path):
    rehearsal._write_model(tmp_path / "model")
    model, config = rehearsal.load_classifier(tmp_path, "model")
    saved = rehearsal.load_tokenizer(tmp_path, "model")

    assert rehearsal.logits_of(model, config, saved, ["a b"], 4, cache_dir=tmp_path).shape == (1, 2)
    assert [entry.tokens for entry in saved.encode(["a b"])] == [["[CLS]", "a", "b", "[SEP]"]]
