"""Looks through the code, without running it, for what usually goes wrong in a graded run."""

import ast
import re
from collections.abc import Iterator

from grader.intake.literals import parse_quietly
from grader.intake.notebook import Notebook
from grader.model.submission import Notice

#: Characters of all cells together that are looked through: a hostile quarter of a megabyte takes a second to parse.
_LONGEST_SOURCES = 256 * 1024
_MOST_NOTICES = 20
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
_MAGIC = re.compile(r"^(?P<indent>[ \t]*)(?P<command>[!%].*)$", re.MULTILINE)
_INSTALL = re.compile(r"^[!%]+\s*(?:pip3?|conda|mamba|uv|apt(?:-get)?|python3? -m pip)\b[^\n]*\b(?:install|add|sync)\b")
_LOGIN_COMMAND = re.compile(r"^[!%]+\s*(?:huggingface-cli|hf)\b[^\n]*\blogin\b")

#: Calls that wait for a person or end the kernel -> what to do instead.
_CALLS = {
    "notebook_login": ("waits for a person", "Remove it: the run has the Hub's token in its environment."),
    "interpreter_login": ("waits for a person", "Remove it: the run has the Hub's token in its environment."),
    "input": ("waits for a person", "Assign the value instead."),
    "getpass": ("waits for a person", "Assign the value instead."),
    "breakpoint": ("waits for a person", "Remove it before handing in."),
    "set_trace": ("waits for a person", "Remove it before handing in."),
    "exit": ("ends the kernel", "Remove it: cells after it do not run."),
    "quit": ("ends the kernel", "Remove it: cells after it do not run."),
    "_exit": ("ends the kernel", "Remove it: cells after it do not run."),
}


def look_through(notebook: Notebook) -> tuple[Notice, ...]:
    """Return remarks on cells that would wait, install, or end the kernel.

    Args:
        notebook: a valid notebook.

    Returns:
        At most 20 notices, in the order of the cells. They are hints: the run decides.
    """
    found: list[Notice] = []
    room = _LONGEST_SOURCES
    for number, cell in enumerate(notebook.code_cells, start=1):
        source: str = cell["source"]
        if len(source) <= room:
            room -= len(source)
            found.extend(_cell_notices(number, source))
    return tuple(found[:_MOST_NOTICES])


def _cell_notices(number: int, source: str) -> Iterator[Notice]:
    conflict = _CONFLICT.search(source)
    if conflict:
        line = source.count("\n", 0, conflict.start()) + 1
        message = f"Cell {number}, line {line} is a merge-conflict marker; Python cannot run it."
        yield Notice("GR301", message, "Keep one side of the conflict.")
    yield from _magic_notices(number, source)
    tree = parse_quietly(_MAGIC.sub(r"\g<indent>pass", source))
    if tree is not None:
        yield from _call_notices(number, tree)


def _magic_notices(number: int, source: str) -> Iterator[Notice]:
    for match in _MAGIC.finditer(source):
        command = match["command"].strip()
        if _INSTALL.match(command):
            hint = "Remove it: the packages of the lab are installed, and a graded run has no internet."
            yield Notice("GR319", f"Cell {number} installs packages.", hint)
        elif _LOGIN_COMMAND.match(command):
            hint = "Remove it: the run has the Hub's token in its environment."
            yield Notice("GR319", f"Cell {number} logs in to the Hub, which waits for a person.", hint)


def _call_notices(number: int, tree: ast.Module) -> Iterator[Notice]:
    for name in dict.fromkeys(_called_names(tree)):
        if name in _CALLS:
            effect, hint = _CALLS[name]
            yield Notice("GR319", f"Cell {number} calls `{name}()`, which {effect}.", hint)


def _called_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                # `trainer.exit()` and `sys.exit()` differ: only names that mean one thing are taken from attributes
                owner = node.func.value
                if node.func.attr in {"_exit", "set_trace", "getpass"} or _is_sys_exit(owner, node.func.attr):
                    yield node.func.attr


def _is_sys_exit(owner: ast.expr, attribute: str) -> bool:
    return attribute == "exit" and isinstance(owner, ast.Name) and owner.id == "sys"
