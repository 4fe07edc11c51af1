"""Looks through the code, without running it, for what usually goes wrong in a graded run."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from grader.intake.literals import PARAMETERS, parse_quietly
from grader.intake.notebook import Notebook, tags_of
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


def look_through(notebook: Notebook, parameters: Sequence[str]) -> tuple[Notice, ...]:
    """Return remarks on cells that would wait, install, or assign a parameter again.

    Args:
        notebook: a valid notebook with one parameters cell.
        parameters: the names that the lab declares.

    Returns:
        At most 20 notices, in the order of the cells. They are hints: the run decides.
    """
    found: list[Notice] = []
    after_parameters = False
    room = _LONGEST_SOURCES
    for number, cell in enumerate(notebook.code_cells, start=1):
        source: str = cell["source"]
        if PARAMETERS in tags_of(cell):
            after_parameters = True
        elif len(source) <= room:
            room -= len(source)
            found.extend(_cell_notices(number, source, parameters if after_parameters else ()))
    return tuple(found[:_MOST_NOTICES])


def _cell_notices(number: int, source: str, parameters: Sequence[str]) -> Iterator[Notice]:
    conflict = _CONFLICT.search(source)
    if conflict:
        line = source.count("\n", 0, conflict.start()) + 1
        message = f"Cell {number}, line {line} is a merge-conflict marker; Python cannot run it."
        yield Notice("GR301", message, "Keep one side of the conflict.")
    yield from _magic_notices(number, source)
    tree = parse_quietly(_MAGIC.sub(r"\g<indent>pass", source))
    if tree is None:
        return
    yield from _call_notices(number, tree)
    again = sorted(set(module_assignments(tree)) & set(parameters))
    if again:
        names = ", ".join(f"`{name}`" for name in again)
        message = f"Cell {number} assigns {names} again, so the injected value may not be the one in force."
        yield Notice("GR312", message, "Use another name for your own value.")


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


def module_assignments(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a cell binds in the notebook's own namespace.

    Args:
        tree: the parsed cell.

    Yields:
        Each name as often as it is bound; names of functions' and classes' own scopes are left out.
    """
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            yield from _declared_global(node)
            continue
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        yield from _bound_by(node)
        waiting.extend(ast.iter_child_nodes(node))


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _declared_global(scope: ast.AST) -> Iterable[str]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Global):
            yield from node.names
