"""What the command line says of itself, and what it answers to whom mistypes."""

import json
import subprocess
import sys

import pytest
import typer

from grader.cli.app import app

ROOT = typer.main.get_command(app)


def grader(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "grader", *arguments], capture_output=True, text=True, check=False, env={"COLUMNS": "80"}
    )


def groups(command=ROOT, path=()):
    """Every group of commands, by its words."""
    yield path, command
    for name, one in command.commands.items():
        if hasattr(one, "commands"):
            yield from groups(one, (*path, name))


@pytest.mark.parametrize(("path", "group"), [pytest.param(*one, id=" ".join(one[0]) or "grader") for one in groups()])
def test_every_command_is_listed_once_with_a_line_that_is_whole(path, group):
    done = grader(*path, "--help")
    listed = [line.split()[0] for line in done.stdout.partition("Options:")[2].splitlines() if line.startswith("  ")]

    assert done.returncode == 0
    assert "..." not in done.stdout.partition("\n")[2]
    for name, one in group.commands.items():
        assert listed.count(name) == (0 if one.hidden else 1)


@pytest.mark.parametrize("arguments", [(), ("hub",), ("gradebook",), ("warm",)])
def test_a_group_without_a_command_shows_its_help(arguments):
    asked, shown = grader(*arguments), grader(*arguments, "--help")

    assert (asked.returncode, asked.stdout, asked.stderr) == (0, shown.stdout, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("grad",), "No such command 'grad'. Did you mean 'grade', 'regrade', 'gradebook'?"),
        (("grade", "--nonsense"), "No such option: --nonsense"),
        (("grade", "--device"), "requires an argument"),
        (("batch",), "Missing argument"),
        (("batch", "--workers", "0", "handed-in"), "--workers"),
    ],
)
def test_a_mistyped_command_line_is_told_and_ends_with_2(arguments, message):
    done = grader(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "GR100" in done.stderr
    assert message in " ".join(done.stderr.split())
    assert "--help`" in done.stderr
    assert "GR509" not in done.stderr


def test_a_program_gets_a_mistyped_command_line_as_json():
    done = grader("grade", "--nonsense", "--json")

    told = json.loads(done.stdout)
    assert (done.returncode, told["code"], told["exit"], done.stderr) == (2, "GR100", 2, "")
