"""The environment of contained code is built from nothing."""

import sys
from pathlib import Path

from grader.sandbox.environ import build_environment

MACHINE = {"GRADER_TOKEN": "secret", "HF_TOKEN": "mine", "CUDA_VISIBLE_DEVICES": "1", "LD_LIBRARY_PATH": "/cuda"}


def built(**changes):
    return build_environment(Path("/run/home"), Path("/run/tmp"), machine=MACHINE, **changes)


def test_nothing_secret_is_inherited():
    assert not {"GRADER_TOKEN", "HF_TOKEN"} & built().keys()
    assert "secret" not in built(device="cuda").values()


def test_home_temporary_folder_and_path_are_the_runs_own():
    values = built()
    assert (values["HOME"], values["TMPDIR"]) == ("/run/home", "/run/tmp")
    assert values["PATH"].split(":")[0] == str(Path(sys.executable).parent)


def test_every_numeric_library_gets_the_granted_threads():
    values = built(threads=3)
    assert {values[name] for name in values if name.endswith("_THREADS")} == {"3"}


def test_the_gpu_is_hidden_unless_it_is_asked_for():
    assert built()["CUDA_VISIBLE_DEVICES"] == ""
    assert "LD_LIBRARY_PATH" not in built()
    assert built(device="cuda")["CUDA_VISIBLE_DEVICES"] == "1"
    assert built(device="cuda")["LD_LIBRARY_PATH"] == "/cuda"


def test_what_the_caller_adds_wins():
    assert built(extra={"HOME": "/else", "HF_ENDPOINT": "http://127.0.0.1:1"})["HOME"] == "/else"


def test_the_machine_is_this_process_when_none_is_given(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    monkeypatch.setenv("GRADER_TOKEN", "secret")
    values = build_environment(Path("/h"), Path("/t"), device="cuda")
    assert values["CUDA_VISIBLE_DEVICES"] == "7"
    assert "GRADER_TOKEN" not in values
