import shutil
from pathlib import Path

from grader.reuse import installed_sha256, keys, make_key, sources_sha256
from grader.reuse.keys import files_sha256


def test_a_key_depends_on_the_kind_and_on_every_part():
    whole = {make_key("run", {"a": 1}), make_key("check", {"a": 1}), make_key("run", {"a": 2}), make_key("run", {})}

    assert len(whole) == 4
    assert make_key("run", {"a": 1, "b": 2}) == make_key("run", {"b": 2, "a": 1})


def test_files_are_known_by_name_and_content_and_a_missing_one_counts(tmp_path):
    one = tmp_path / "one"
    one.write_text("1")
    before = files_sha256([one])
    beside = files_sha256([one, tmp_path / "two"])

    one.write_text("2")

    assert len({before, beside, files_sha256([one])}) == 3


def test_a_changed_source_of_ours_is_a_change(tmp_path, monkeypatch):
    room = tmp_path / "running"
    shutil.copytree(Path(keys.__file__).parent, room, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(keys, "_ROOT", tmp_path)
    sources_sha256.cache_clear()
    before = sources_sha256("running"), sources_sha256("running/keys.py")
    (room / "store.py").write_text("changed")
    sources_sha256.cache_clear()

    assert sources_sha256("running") != before[0]
    assert sources_sha256("running/keys.py") == before[1]
    sources_sha256.cache_clear()


def test_another_version_of_a_package_is_another_environment(tmp_path, monkeypatch):
    monkeypatch.setattr(keys.sysconfig, "get_path", lambda _key: str(tmp_path))
    found = []
    for name in ("torch-2.13.0.dist-info", "torch-2.14.0.dist-info"):
        (tmp_path / name).mkdir()
        installed_sha256.cache_clear()
        found.append(installed_sha256())
    installed_sha256.cache_clear()

    assert found[0] != found[1]
