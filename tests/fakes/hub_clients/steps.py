"""The register of steps, and the program that runs them all and writes down how each went."""

import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

MODULES = ("reading", "writing", "access", "transformers_steps", "datasets_steps", "tools")
STEPS: dict[str, Callable[[], None]] = {}


def step(function: Callable[[], None]) -> Callable[[], None]:
    """Register a step; its docstring says what must work."""
    STEPS[function.__name__] = function
    return function


def load() -> dict[str, Callable[[], None]]:
    """Import every module of steps; none of them imports a client before a step runs."""
    for name in MODULES:
        importlib.import_module(f"tests.fakes.hub_clients.{name}")
    return STEPS


def main() -> None:
    """Run every step; write name -> traceback (empty when it went well) to the file named on the command line."""
    outcome: dict[str, str] = {}
    for name, function in load().items():
        print("step", name, flush=True)
        try:
            function()
            outcome[name] = ""
        except BaseException:
            outcome[name] = traceback.format_exc()
    Path(sys.argv[1]).write_text(json.dumps(outcome))
    os._exit(0)  # threads of the libraries must not hold the process back


if __name__ == "__main__":
    # the steps register themselves in the module of this name, not in __main__
    importlib.import_module("tests.fakes.hub_clients.steps").main()
