"""Turns every exception into a message, a next step and an exit code."""

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import typer
from rich.text import Text

from grader.cli.output import error_json, print_json, stderr
from grader.errors import GraderError, InternalFault, UsageFault

#: Exit code of an interrupt from the keyboard: 128 + SIGINT.
INTERRUPTED = 130


def guard(command: Callable[[], object], *, as_json: bool) -> None:
    """Run a command and end the process; no traceback ever reaches a person.

    Args:
        command: the command line.
        as_json: print errors as one JSON object on stdout.

    Raises:
        SystemExit: always, with the exit code of UX conventions: 0 done, 1 not met, 2 usage, 3 submission, 4 stopped,
            5 our fault, 6 the machine, 130 interrupted.
    """
    try:
        result = command()
    except GraderError as exc:
        tell(exc, as_json=as_json)
        sys.exit(exc.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        result = INTERRUPTED
    except typer.TyperException as exc:
        tell(_misused(exc), as_json=as_json)
        sys.exit(exc.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `grader ... | head` is no error
        sys.exit(0)
    except Exception:
        tell(_unforeseen(), as_json=as_json)
        sys.exit(5)
    if result == INTERRUPTED:  # Typer turns most interrupts into this result
        stderr().print("Interrupted. Finished runs are kept; the same command starts again.")
    sys.exit(result if isinstance(result, int) else 0)


def tell(error: GraderError, *, as_json: bool) -> None:
    """Print an error: what happened, then what to do.

    Args:
        error: the error.
        as_json: as one JSON object on stdout instead of words on stderr.
    """
    if as_json:
        print_json(error_json(error.code, error.message, error.hint, error.exit_code))
        return
    mark = "!" if error.exit_code == 6 else "✗"
    stderr().print(Text.assemble((f"{mark} {error.code}", "bold red"), f"  {printable(error.message)}"))
    stderr().print(Text(f"         Try: {printable(error.hint)}"))


def printable(text: str) -> str:
    """Return text from a file or a name without characters that a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def _misused(error: typer.TyperException) -> UsageFault:
    """Say what Typer could not make of the command line."""
    context = getattr(error, "ctx", None)  # only some of its errors know the command
    command = context.command_path if context is not None else "grader"
    message = error.format_message()
    return UsageFault("GR100", message if message.endswith((".", "?")) else f"{message}.", f"See `{command} --help`.")


def _unforeseen() -> InternalFault:
    """Write the traceback beside the temporary files, where it can be sent from."""
    with tempfile.NamedTemporaryFile("w", prefix="grader-bug-", suffix=".txt", delete=False) as file:
        traceback.print_exc(file=file)
    last = traceback.format_exc(limit=0).strip().splitlines()[-1]
    return InternalFault("GR509", f"{last}", f"Send {Path(file.name)} to your instructor.")
