"""A batch shows what has ended and what is left, on stderr."""

import time

from rich.console import Console

from grader.batch.supervisor import Tally
from grader.cli import batch_progress
from grader.cli.batch_progress import BatchProgress

TALLY = Tally(2, 5, 1, ("0.1 ada",), 75.0, "0.1 ben: graded")


def test_off_a_terminal_every_end_is_a_line(capsys):
    progress = BatchProgress(quiet=False)
    with progress.following(5):
        progress.update(TALLY)

    captured = capsys.readouterr()
    assert captured.err == "2 of 5 · 1 failed · 1 min 15 s left · 0.1 ben: graded\n"
    assert captured.out == ""


def test_quiet_says_nothing(capsys):
    progress = BatchProgress(quiet=True)
    with progress.following(5):
        progress.update(TALLY)
        progress.say("hello")

    assert capsys.readouterr().err == ""


def test_on_a_terminal_a_bar_shows_what_is_worked_on(capsys):
    progress = BatchProgress(quiet=False)
    progress._console = Console(stderr=True, force_terminal=True, width=100)
    with progress.following(5):
        progress.update(TALLY)

    assert "0.1 ada" in capsys.readouterr().err


def test_a_long_silence_off_a_terminal_is_broken(monkeypatch, capsys):
    monkeypatch.setattr(batch_progress, "HEARTBEAT_SECONDS", 0.05)
    progress = BatchProgress(quiet=False)

    with progress.following(7):
        deadline = time.monotonic() + 10
        said = ""
        while said.count("still at work") < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
            said += capsys.readouterr().err
    after = capsys.readouterr().err
    time.sleep(0.15)

    assert "0 of 7 · still at work, " in said + after
    assert capsys.readouterr().err == ""


def test_a_quiet_batch_has_no_heartbeat(monkeypatch, capsys):
    monkeypatch.setattr(batch_progress, "HEARTBEAT_SECONDS", 0.01)

    with BatchProgress(quiet=True).following(7):
        time.sleep(0.1)

    assert capsys.readouterr().err == ""
