import pytest

from grader.errors import SubmissionFault
from grader.intake.literals import parse_quietly, read_parameters, refuse_injected
from grader.intake.notebook import parse_notebook
from tests.fakes.notebooks import code, markdown, notebook, parameters

NAMES = ("seed", "rate", "name", "fast")
GOOD = 'seed = 0\nrate = -1e-3\nname = "a" "b"\nfast = True'


def read(*cells, names=NAMES):
    return read_parameters(parse_notebook(notebook(*cells), "lab.ipynb"), names, "lab.ipynb")


def refusal(*cells):
    with pytest.raises(SubmissionFault) as caught:
        read(*cells)
    return caught.value


def test_names_are_read_in_their_order():
    assert read(parameters(GOOD), code("1")) == NAMES


def test_annotations_comments_and_semicolons_are_accepted():
    source = "# by the grader\nseed: int = 1_000; rate = 2.0\nname = ''  # empty\nfast = False"

    assert read(parameters(source)) == NAMES


def test_a_notebook_without_a_parameters_cell_is_refused():
    assert refusal(code("1")).code == "GR303"


def test_a_parameters_cell_of_text_is_no_parameters_cell():
    fault = refusal(markdown("seed = 1", tags=["parameters"]), code("1"))

    assert fault.code == "GR303"
    assert "not a code cell" in fault.message


def test_two_parameters_cells_are_refused_with_their_numbers():
    fault = refusal(parameters(GOOD), code("1"), parameters(GOOD, "again"))

    assert fault.code == "GR304"
    assert "code cells 1, 3" in fault.message


def test_a_second_parameters_cell_of_text_is_refused_too():
    assert "one of them not code" in refusal(parameters(GOOD), markdown("x", tags=["parameters"])).message


@pytest.mark.parametrize(
    ("source", "says"),
    [
        pytest.param(GOOD + "\nfast = False", ["`fast` is assigned twice"], id="twice"),
        pytest.param("seed = 0", ["missing: `rate`, `name`, `fast`"], id="missing"),
        pytest.param(GOOD + "\nepochs = 3", ["not a parameter of this lab: `epochs`"], id="unknown"),
        pytest.param(GOOD.replace("0", "2 * 3", 1), ["`seed` (line 1) is not a plain"], id="expression"),
        pytest.param(GOOD.replace("0", "None", 1), ["`seed` (line 1)"], id="none"),
        pytest.param(GOOD.replace("0", "[1]", 1), ["`seed` (line 1)"], id="list"),
        pytest.param(GOOD.replace("0", "-True", 1), ["`seed` (line 1)"], id="minus true"),
        pytest.param(GOOD.replace("0", "1e999", 1), ["`seed` (line 1)"], id="infinite"),
        pytest.param(GOOD.replace("0", "-1e999", 1), ["`seed` (line 1)"], id="minus infinite"),
        pytest.param(GOOD.replace("0", "b'x'", 1), ["`seed` (line 1)"], id="bytes"),
        pytest.param(GOOD.replace("0", "1j", 1), ["`seed` (line 1)"], id="complex"),
        pytest.param(GOOD.replace("0", "f'x'", 1), ["`seed` (line 1)"], id="f-string"),
        pytest.param("seed: int\n" + GOOD[9:], ["`seed` (line 1)"], id="annotation without value"),
        pytest.param(GOOD + "\nprint(1)", ["line 5 is not of the form"], id="call"),
        pytest.param(GOOD + "\na = b = 1", ["line 5 is not of the form"], id="two targets"),
        pytest.param(GOOD + "\na, b = 1, 2", ["line 5 is not of the form"], id="tuple"),
        pytest.param(GOOD + "\nimport os", ["line 5 is not of the form"], id="import"),
        pytest.param("seed = (", ["line 1 cannot be read as Python"], id="syntax"),
        pytest.param("%env X=1\n" + GOOD, ["line 1 cannot be read as Python"], id="magic"),
        pytest.param("seed = " + "9" * 5000, ["cannot be read as Python"], id="huge number"),
        pytest.param("seed = 1\0", ["cannot be read as Python"], id="zero byte"),
        pytest.param("seed = " + "-" * 6000 + "1", ["nested too deeply"], id="deep nesting"),
        pytest.param("#" * 70_000, ["longer than 64 KiB"], id="long"),
        pytest.param(
            "seed = f()\nseed = 1\nepochs = 3",
            ["`seed` (line 1)", "`seed` is assigned twice", "missing: `rate`", "lab: `epochs`"],
            id="all at once",
        ),
    ],
)
def test_a_changed_parameters_cell_is_refused_with_every_problem(source, says):
    fault = refusal(code("before"), parameters(source))

    assert fault.code == "GR305"
    assert "(cell 2) was changed" in fault.message
    for words in says:
        assert words in fault.message


def test_a_cell_that_python_cannot_read_is_not_also_said_to_lack_names():
    assert "missing" not in refusal(parameters("seed = (")).message


def test_an_executed_copy_is_refused():
    with pytest.raises(SubmissionFault) as caught:
        refuse_injected(
            parse_notebook(notebook(parameters(GOOD), code("seed = 3", tags=["injected-parameters"])), "lab.ipynb"),
            "lab.ipynb",
        )

    assert caught.value.code == "GR306"
    assert "cell 2" in caught.value.message


def test_a_notebook_that_was_not_run_by_papermill_is_no_executed_copy():
    assert refuse_injected(parse_notebook(notebook(), "lab.ipynb"), "lab.ipynb") is None


@pytest.mark.parametrize("source", ["x = (", "\0", "-" * 6000 + "1", "lambda:" * 50_000 + "1"])
def test_unreadable_code_is_none(source):
    assert parse_quietly(source) is None


def test_a_students_invalid_escape_warns_nobody():
    assert parse_quietly(r"x = '\d'") is not None
