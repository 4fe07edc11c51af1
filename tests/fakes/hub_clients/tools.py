"""evaluate, and the hf command line."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fakes.hub_clients.reading import api
from tests.fakes.hub_clients.steps import step
from tests.fakes.hub_repos import BERT


@step
def evaluate_metric():
    """evaluate.load finds its metric in a Space"""
    import evaluate

    assert evaluate.load("accuracy").compute(predictions=[1, 0], references=[1, 1]) == {"accuracy": 0.5}


def hf(*arguments):
    program = Path(sys.executable).with_name("hf")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@step
def command_line():
    """hf auth whoami, repos create, upload, download, models ls"""
    assert "student" in hf("auth", "whoami")
    hf("repos", "create", "from-cli")
    note = Path(os.environ["HF_HOME"]) / "note.txt"
    note.write_text("from the command line")
    hf("upload", "student/from-cli", str(note), "note.txt")
    target = Path(os.environ["HF_HOME"]) / "cli-download"
    hf("download", "student/from-cli", "note.txt", "--local-dir", str(target))
    assert (target / "note.txt").read_text() == "from the command line"
    assert BERT in hf("models", "ls", "--search", "bert", "--format", "json")
    assert api().file_exists("student/from-cli", "note.txt")
