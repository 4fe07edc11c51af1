import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from grader.cli import hub
from grader.cli.app import app
from grader.errors import GraderError
from tests.fakes.hub_repos import one_repo

ROOT = Path(__file__).parents[3]
Grader = Callable[..., str]


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Grader:
    """Run `grader hub ...` in a course of its own; returns what it prints."""
    for name in ("labs", "checks"):
        (tmp_path / "course" / name).mkdir(parents=True)
    monkeypatch.setenv("GRADER_CACHE", str(tmp_path / "cache"))

    def run(*arguments: str) -> str:
        command = ["-C", str(tmp_path / "course"), "hub", *arguments]
        done = CliRunner().invoke(app, command, standalone_mode=False, env={"COLUMNS": "200"})
        if isinstance(done.exception, GraderError):
            raise done.exception
        assert done.exception is None, done.output
        return done.stdout

    return run


@pytest.fixture
def base(tmp_path: Path) -> Path:
    config = '{"architectures": ["BertForMaskedLM"], "model_type": "bert"}'
    return one_repo(tmp_path / "base", {"config.json": config}, gated="manual", downloads=1234)


def test_every_command_shows_an_example_and_speaks_json():
    for command in hub.app.registered_commands:
        shown = CliRunner().invoke(app, ["hub", command.name or command.callback.__name__, "--help"]).output
        assert "Example: grader hub " in shown
        assert "--json" in shown


def test_a_base_is_listed_in_words_and_as_json(grader: Grader, base: Path):
    words = grader("list", "--base", str(base))
    [row] = json.loads(grader("list", "--base", str(base), "--json"))["repos"]

    for word in ("labs/one", "fill-mask", "1,234", "gated (manual)"):
        assert word in words
    assert (row["id"], row["kind"], row["downloads"]) == ("labs/one", "model", 1234)


def test_export_and_import_are_twins(grader: Grader, base: Path, tmp_path: Path):
    sent = json.loads(grader("export", str(tmp_path / "hub.tar"), "--base", str(base), "--json"))
    got = json.loads(grader("import", str(tmp_path / "hub.tar"), "--json"))

    assert sent["digest"] == got["digest"]
    assert got["base"] == str(tmp_path / "cache" / "hub" / "pulled")
    assert "1 repositories" in grader("import", str(tmp_path / "hub.tar"), "--base", str(tmp_path / "again"))


def test_a_folder_that_is_no_base_is_said_so(grader: Grader, tmp_path: Path):
    with pytest.raises(GraderError, match="GR604"):
        grader("list", "--base", str(tmp_path))


def test_build_builds_the_whole_catalogue(grader: Grader, base: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[Any] = []

    def whole_base(cache_dir: Path, say: Callable[[str], None], workers: int = 1) -> Path:
        asked.append((cache_dir.name, workers))
        return base

    monkeypatch.setattr("grader.hub.base.whole_base", whole_base)

    assert json.loads(grader("build", "--workers", "2", "--json"))["repos"] == ["labs/one"]
    assert "labs/one" in grader("list")
    assert asked == [("hub", 2), ("hub", 1)]


def test_pull_hands_its_words_on(grader: Grader, base: Path, monkeypatch: pytest.MonkeyPatch):
    from grader.hub.base import base_record

    asked: list[Any] = []

    def pull(repos: list[str], target: Path, say: Callable[[str], None], *, endpoint: str) -> object:
        asked.append((repos, target.name, endpoint))
        return base_record(base)

    monkeypatch.setattr("grader.hub.pull.pull", pull)
    grader("pull", "a/b@v1", "datasets/c/d", "--endpoint", "http://other")

    assert asked == [(["a/b@v1", "datasets/c/d"], "pulled", "http://other")]


@pytest.mark.parametrize("as_json", [True, False])
def test_serve_says_how_to_reach_it_and_ends_on_a_signal(grader: Grader, base: Path, tmp_path: Path, as_json: bool):
    arguments = ["hub", "serve", "--user", "ada", "--base", str(base), *(["--json"] if as_json else [])]
    command = [sys.executable, "-m", "grader", "-C", str(tmp_path / "course"), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        endpoint = json.loads(first)["endpoint"] if as_json else first.split()[1]
        reply = httpx2.get(f"{endpoint}/api/models/labs/one", trust_env=False)
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        process.wait(20)

    assert reply.json()["id"] == "labs/one"
    assert process.returncode == 0
    if as_json:
        assert json.loads(first).keys() == {"schema", "endpoint", "user", "token"}
    else:
        assert "export HF_ENDPOINT=" in rest
