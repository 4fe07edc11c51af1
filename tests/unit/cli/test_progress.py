import time
from types import SimpleNamespace

import pytest
from rich.console import Console

from grader.cli import progress as module
from grader.cli.progress import Progress


@pytest.fixture
def workshop():
    return SimpleNamespace(on_progress=lambda progress: None)


def tick(workshop, sentence):
    workshop.on_progress(SimpleNamespace(sentence=sentence))


def test_a_finished_stage_is_told_on_the_live_line_only(capsys):
    Progress(quiet=False).narrate("read", "lab.ipynb\t14 cells, 31 KiB")

    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_that_an_earlier_result_is_shown_is_said(capsys):
    Progress(quiet=False).narrate("reuse", "Nothing has changed.")
    Progress(quiet=True).narrate("reuse", "Nothing has changed.")

    assert capsys.readouterr().err == "Nothing has changed.\n"


def test_quiet_prints_nothing_and_watches_nothing(capsys, workshop):
    progress = Progress(quiet=True)
    before = workshop.on_progress
    with progress.run(workshop):
        progress.narrate("run", "x\ty")

    assert workshop.on_progress is before
    assert capsys.readouterr().err == ""


def test_off_a_terminal_there_is_a_heartbeat_and_no_animation(capsys, workshop, monkeypatch):
    progress = Progress(quiet=False)
    with progress.run(workshop):
        tick(workshop, "cell 1")
        later = time.monotonic() + module.HEARTBEAT_SECONDS + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        progress.narrate("read", "lab.ipynb\t2 cells")
        tick(workshop, "cell 3")

    assert capsys.readouterr().err == "  ... read: lab.ipynb · 2 cells\n"


def test_on_a_terminal_one_line_is_kept_up_to_date(workshop, monkeypatch, tmp_path):
    with (tmp_path / "terminal").open("w+") as file:
        console = Console(file=file, force_terminal=True, width=80)
        monkeypatch.setattr(module, "stderr", lambda: console)
        progress = Progress(quiet=False)
        with progress.run(workshop):
            tick(workshop, "cell 7/14 \x1b[2J trainer.train()")
        file.seek(0)
        shown = file.read()

    assert "cell 7/14 \\x1b[2J trainer.train()" in shown
    assert "\x1b[2J" not in shown
