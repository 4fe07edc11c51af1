"""Files of a course import `grader.checking.api` and nothing else of the grader."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from grader.checking.imports import API, api_modules, foreign_imports, offered

ROOT = Path(__file__).parents[3]
COURSE_FILES = sorted([*(ROOT / "checks").rglob("*.py"), *(ROOT / "bench" / "short").rglob("*.py")])
HEAVY = ("torch", "transformers", "datasets", "sklearn", "scipy", "pandas", "pytest")


def found(source):
    return [sentence for _, sentence in foreign_imports(ast.parse(source))]


@pytest.mark.parametrize("path", COURSE_FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_of_the_course_imports_only_what_is_public(path):
    assert foreign_imports(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("module", ["", *sorted(api_modules())])
def test_what_is_offered_is_there(module):
    place = importlib.import_module(f"{API}.{module}" if module else API)

    assert sorted(place.__all__, key=str.casefold) == sorted(set(place.__all__), key=str.casefold)
    assert all(hasattr(place, name) for name in place.__all__)


def test_the_public_modules_import_no_heavy_library():
    modules = ", ".join([API, *(f"{API}.{module}" for module in sorted(api_modules()))])
    code = f"import sys, {modules}; print([name for name in {HEAVY} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "source",
    [
        "from grader.checking.api import CheckFailure, check",
        "from grader.checking.api.cards import card_data",
        "from grader.checking.api import pipelines\npipelines.load('a', 'b', 'cpu')",
        "import json\nfrom graders import check\nfrom . import grader",
    ],
)
def test_what_is_public_may_be_imported(source):
    assert found(source) == []


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("import grader.measuring.pipelines", "grader.measuring.pipelines"),
        ("from grader import measuring", "imports grader,"),
        ("from grader.measuring import pipelines", "grader.measuring"),
        ("from grader.checking.apis import check", "grader.checking.apis"),
        ("from grader.checking.api.inner import check", "grader.checking.api.inner"),
        ("def test_a():\n    from grader.hub.cards import card_data", "grader.hub.cards"),
        ("from grader.checking.api import chek", "grader.checking.api has no chek"),
        ("from grader.checking.api import *", "grader.checking.api has no *"),
        ("from grader.checking.api.cards import yaml", "grader.checking.api.cards has no yaml"),
        ("from grader.checking.api import pipelines as p\np.statistics", "grader.checking.api.pipelines has no"),
    ],
)
def test_what_is_not_public_is_found(source, named):
    (sentence,) = found(source)

    assert named in sentence


def test_a_name_that_is_not_offered_comes_with_the_nearest_one_or_with_all():
    (near,) = found("from grader.checking.api import chek")
    (far,) = found("from grader.checking.api import Evidence")

    assert near.endswith("; did you mean check?")
    assert all(name in far for name in offered())
