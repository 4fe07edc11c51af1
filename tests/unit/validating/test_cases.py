import inspect
import typing
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import LabFault
from grader.model.lab import Lab
from grader.validating import CaseContext, apply_case, load_cases
from grader.validating.operators import OPERATORS
from tests.fakes.labs import make_lab


def _lab(root: Path) -> Lab:
    return make_lab("9.1", checks_root=root)


def _write(root: Path, name: str, toml: str, recipe: str | None = None, operators: str | None = None) -> None:
    folder = root / "cases" / "9.1" / name
    folder.mkdir(parents=True)
    (folder / "case.toml").write_text(toml, "utf-8")
    if recipe is not None:
        (folder / "recipe.py").write_text(recipe, "utf-8")
    if operators is not None:
        (folder.parent / "operators.py").write_text(operators, "utf-8")


RAISED = """
mistake = "The accuracy is raised"
fails = ["test_claim"]
[[edits]]
operator = "shift_json"
path = "metrics.json"
key = "accuracy"
by = 0.02
"""


def test_a_case_is_read_with_its_edits(tmp_path: Path):
    _write(tmp_path, "raised", RAISED)
    _write(tmp_path, "extra", 'mistake = "none"\nfails = []\n', recipe="def make(folder, context): pass")
    extra, raised = load_cases(_lab(tmp_path))
    assert (raised.name, raised.fails, raised.harmless, raised.recipe) == ("raised", ("test_claim",), False, None)
    assert raised.edits[0].operator == "shift_json"
    assert raised.edits[0].arguments == {"path": "metrics.json", "key": "accuracy", "by": 0.02}
    assert extra.harmless
    assert extra.recipe == extra.folder / "recipe.py"


def test_a_folder_without_a_case_toml_is_told(tmp_path: Path):
    _write(tmp_path, "raised", RAISED)
    (tmp_path / "cases" / "9.1" / "__pycache__").mkdir()
    (tmp_path / "cases" / "9.1" / "raised" / "case.toml").rename(tmp_path / "cases" / "9.1" / "raised" / "cases.toml")

    with pytest.raises(LabFault, match=r"Case raised has no case\.toml") as caught:
        load_cases(_lab(tmp_path))
    assert caught.value.code == "GR206"


def test_a_lab_without_cases_has_none(tmp_path: Path):
    assert load_cases(_lab(tmp_path)) == ()


@pytest.mark.parametrize(
    ("toml", "what"),
    [
        pytest.param("mistake =", "cannot be read", id="not-toml"),
        pytest.param(RAISED + 'color = "red"', "", id="fits-the-last-edit"),
        pytest.param('color = "red"\n' + RAISED, "unknown keys: color", id="unknown-key"),
        pytest.param('fails = []\n[[edits]]\noperator="x"', "no `mistake`", id="no-mistake"),
        pytest.param('mistake = "x"\n[[edits]]\noperator="x"', "no `fails`", id="no-list"),
        pytest.param('mistake = "x"\nfails = [1]\n[[edits]]\noperator="x"', "no `fails`", id="list-of-numbers"),
        pytest.param('mistake = "x"\nfails = []', "changes nothing", id="no-edits"),
        pytest.param('mistake = "x"\nfails = []\n[[edits]]\npath="x"', "without an operator", id="no-operator"),
    ],
)
def test_a_case_that_is_not_valid_has_its_code(tmp_path: Path, toml: str, what: str):
    _write(tmp_path, "odd", toml)
    if not what:
        assert load_cases(_lab(tmp_path))[0].edits[0].arguments["color"] == "red"
        return
    with pytest.raises(LabFault, match=what) as caught:
        load_cases(_lab(tmp_path))
    assert (caught.value.code, "Case odd" in caught.value.message) == ("GR206", True)


def test_a_case_changes_a_copy_and_leaves_the_reference(tmp_path: Path, folder: Path, context: CaseContext):
    _write(tmp_path, "raised", RAISED)
    before = (folder / "metrics.json").read_text("utf-8")
    apply_case(load_cases(_lab(tmp_path))[0], folder, tmp_path / "made", context)
    assert (folder / "metrics.json").read_text("utf-8") == before
    assert '"accuracy": 0.77' in (tmp_path / "made" / "metrics.json").read_text("utf-8")


def test_read_only_artifacts_can_be_changed_in_the_copy(tmp_path: Path, folder: Path, context: CaseContext):
    _write(tmp_path, "raised", RAISED)
    (folder / "metrics.json").chmod(0o444)
    apply_case(load_cases(_lab(tmp_path))[0], folder, tmp_path / "made", context)
    assert (tmp_path / "made" / "metrics.json").stat().st_mode & 0o200


def test_operators_of_the_lab_come_first_and_are_given_the_context(tmp_path: Path, folder: Path, context: CaseContext):
    _write(
        tmp_path,
        "own",
        'mistake = "x"\nfails = []\n[[edits]]\noperator = "shout"\nword = "hey"\n'
        '[[edits]]\noperator = "base_weights"\npath = "model/model.safetensors"\nbase = "org/base"\n',
        recipe="def make(folder, context):\n    (folder / 'recipe.txt').write_text(str(context.seed))\n",
        operators="def shout(folder, word, context):\n    (folder / 'own.txt').write_text(word * (context.seed + 1))\n",
    )
    apply_case(load_cases(_lab(tmp_path))[0], folder, tmp_path / "made", replace(context, seed=1))
    assert (tmp_path / "made" / "own.txt").read_text("utf-8") == "heyhey"
    assert (tmp_path / "made" / "recipe.txt").read_text("utf-8") == "1"


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        pytest.param(('operator = "explode"', None), "no operator 'explode'", id="unknown-operator"),
        pytest.param(('operator = "delte"', None), "did you mean delete", id="misspelt-operator"),
        pytest.param(('operator = "delete"', None), "missing a required argument: 'path'; it takes path", id="missing"),
        pytest.param(
            ('operator = "zero"\npath = "model"\nnames = ["a"]', None),
            r"names cannot be \['a'\]: Expected `str`",
            id="kind",
        ),
        pytest.param(
            ('operator = "breaks"\npath = "x"', None), r"KeyError: 'x' \(operators.py:3\)", id="own-operator-breaks"
        ),
        pytest.param(
            ('operator = "delete"\npath = "metrics.json"', "def make(folder): int('x')"),
            r"make: ValueError: .* \(odd/recipe.py:1\)",
            id="recipe-breaks",
        ),
        pytest.param(('operator = "delete"\npath = "none"', None), "hold nothing at none", id="edits-nothing"),
        pytest.param(('operator = "_private"', None), "no operator '_private'", id="private"),
        pytest.param(('operator = "number"', None), "no function 'number'", id="not-a-function"),
        pytest.param(('operator = "delete"\npath = "metrics.json"', "x = 1"), "no function 'make'", id="no-make"),
    ],
)
def test_an_edit_that_does_not_fit_has_its_code(
    tmp_path: Path, folder: Path, context: CaseContext, parts: tuple[str, str | None], what: str
):
    edit, recipe = parts
    _write(
        tmp_path,
        "odd",
        f'mistake = "x"\nfails = []\n[[edits]]\n{edit}\n',
        recipe=recipe,
        operators="number = 3\ndef _private(folder): pass\ndef breaks(folder, path): {}[path]\n",
    )
    with pytest.raises(LabFault, match=what) as caught:
        apply_case(load_cases(_lab(tmp_path))[0], folder, tmp_path / "made", context)
    assert caught.value.code == "GR206"


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.__name__)
def test_every_operator_says_of_which_kind_its_arguments_are(operator):
    hints = typing.get_type_hints(operator, localns={"CaseContext": CaseContext})

    assert inspect.signature(operator).parameters.keys() <= hints.keys()


def test_a_mistake_of_an_operator_of_ours_is_not_the_authors(tmp_path: Path, folder: Path, context: CaseContext):
    _write(tmp_path, "odd", RAISED.replace("metrics.json", "model"))

    with pytest.raises(IsADirectoryError):
        apply_case(load_cases(_lab(tmp_path))[0], folder, tmp_path / "made", context)
