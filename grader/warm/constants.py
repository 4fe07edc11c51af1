"""Finds what libraries have copied from the environment when they were imported, and puts a run's own values there.

The server imports everything under values that mean nothing. Every text of any module, class, function or object that
holds one of them was copied from the environment: it is remembered, and in each child the run's value takes its place.
"""

import gc
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import FunctionType
from typing import Any, cast

#: Variables that differ from run to run and are read at import, with what they are in the server.
PLACEHOLDERS = {
    "HF_ENDPOINT": "http://127.0.0.1:1/grader-warm-endpoint",
    "HF_HOME": "/grader-warm-hf-home",
    "HOME": "/grader-warm-home",
}
#: Flags that checks set and notebooks do not: variable -> where libraries keep it.
_FLAGS = {
    "HF_HUB_OFFLINE": (
        ("huggingface_hub.constants", "HF_HUB_OFFLINE"),
        ("datasets.config", "HF_HUB_OFFLINE"),
        ("datasets.config", "HF_DATASETS_OFFLINE"),
    )
}
#: Variables of these families are read when a library is imported.
_FAMILIES = (
    "HF_",
    "TRANSFORMERS_",
    "TORCH",
    "PYTHON",
    "DATASETS_",
    "HUGGING",
    "TOKENIZERS_",
    "DISABLE_",
    "USE_",
)


#: A type that Python code has made.
_HEAP_TYPE = 1 << 9


@dataclass(frozen=True)
class Place:
    """One place that holds a text of the server's environment."""

    read: Callable[[], Any]
    write: Callable[[Any], None]


def refusal(server: Mapping[str, str], wanted: Mapping[str, str]) -> str | None:
    """Return the first variable that the server was started with otherwise and that nobody can change any more.

    Args:
        server: the environment under which everything was imported.
        wanted: that of a command.

    Returns:
        One sentence; None when a child can be what a fresh process would be.
    """
    for name, value in wanted.items():
        fixed = (
            name.startswith((*_FAMILIES, *_figures()))
            and name not in PLACEHOLDERS
            and name not in {*_FLAGS, "HF_TOKEN"}
        )
        if fixed and server.get(name) != value:
            return f"the variable {name} is read when libraries are imported, and they were imported without {value!r}"
    return None


def _figures() -> tuple[str, ...]:
    return ("MPL",) if "matplotlib" in sys.modules else ()


def find_places() -> list[Place]:
    """Return every place that holds a placeholder."""
    gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some libraries warn of a deprecated name as soon as it is looked at
        return [place for owner in gc.get_objects() for place in _places_of(owner)]


def settle(places: list[Place], environment: Mapping[str, str]) -> None:
    """Put the values of a run where the server's were.

    Args:
        places: from `find_places`.
        environment: the run's, as it is in force.
    """
    values = {placeholder: environment.get(name, "") for name, placeholder in PLACEHOLDERS.items()}
    for place in places:
        place.write(_replaced(place.read(), values))
    for name, homes in _FLAGS.items():
        for module, attribute in homes:
            if module in sys.modules and hasattr(sys.modules[module], attribute):
                setattr(sys.modules[module], attribute, environment.get(name, "") in {"1", "true", "True"})


def _places_of(owner: Any) -> Iterator[Place]:
    if isinstance(owner, type):
        yield from (_attribute(owner, name) for name, value in list(vars(owner).items()) if _holds(value))
    elif isinstance(owner, FunctionType):
        held = {"__defaults__": owner.__defaults__ or (), "__kwdefaults__": (owner.__kwdefaults__ or {}).values()}
        yield from (_attribute(owner, name) for name, values in held.items() if any(map(_holds, values)))
    elif owner is not PLACEHOLDERS:
        table: Any = owner if type(owner) in {dict, list} else _attributes_of(owner)
        for key, value in list(enumerate(table)) if type(table) is list else list(table.items()):
            if _holds(value):
                yield _entry(table, key)


def _attributes_of(owner: Any) -> dict[Any, Any]:
    """The attributes of an object: where Python keeps them inside of it, no collector knows their dictionary."""
    if not type(owner).__flags__ & _HEAP_TYPE:
        return {}
    try:
        table = object.__getattribute__(owner, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return cast("dict[Any, Any]", table) if type(table) is dict else {}


def _entry(table: Any, key: Any) -> Place:
    def read() -> Any:
        return table[key]

    def write(value: Any) -> None:
        table[key] = value

    return Place(read, write)


def _attribute(owner: Any, name: str) -> Place:
    return Place(lambda: getattr(owner, name), lambda value: setattr(owner, name, value))


def _holds(value: Any) -> bool:
    kind = type(value)
    if kind is str or issubclass(kind, PurePath):
        text = str(value)
        return "grader-warm-" in text and any(placeholder in text for placeholder in PLACEHOLDERS.values())
    return False


def _replaced(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        return tuple(_replaced(entry, values) if _holds(entry) else entry for entry in cast("tuple[Any, ...]", value))
    if isinstance(value, dict):
        table = cast("dict[Any, Any]", value)
        return {key: _replaced(entry, values) if _holds(entry) else entry for key, entry in table.items()}
    text = str(value)
    for placeholder, real in values.items():
        text = text.replace(placeholder, real)
    return text if isinstance(value, str) else type(value)(text)
