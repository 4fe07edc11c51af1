import ast

import pytest

from grader.intake.notebook import parse_notebook
from grader.intake.notices import look_through, module_assignments
from tests.fakes.notebooks import code, notebook, parameters

PARAMETERS = ("seed", "train_rows")


def notices(source, *more):
    cells = [parameters(), code(source, "work"), *more]
    return look_through(parse_notebook(notebook(*cells), "lab.ipynb"), PARAMETERS)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("!pip install peft", "installs packages"),
        ("%pip install -q peft", "installs packages"),
        ("if True:\n    !python -m pip install peft", "installs packages"),
        ("!apt-get install git-lfs", "installs packages"),
        ("!uv add peft", "installs packages"),
        ("!huggingface-cli login", "logs in"),
        ("!hf auth login --token x", "logs in"),
        ("from huggingface_hub import notebook_login\nnotebook_login()", "`notebook_login()`, which waits"),
        ("name = input('Name: ')", "`input()`, which waits"),
        ("import getpass; getpass.getpass()", "`getpass()`, which waits"),
        ("import pdb; pdb.set_trace()", "`set_trace()`, which waits"),
        ("breakpoint()", "`breakpoint()`, which waits"),
        ("import os\nos._exit(0)", "`_exit()`, which ends"),
        ("import sys\nsys.exit()", "`exit()`, which ends"),
        ("quit()", "`quit()`, which ends"),
    ],
)
def test_a_cell_that_would_install_wait_or_end_the_kernel_is_noticed(source, says):
    (notice,) = notices(source)

    assert notice.code == "GR319"
    assert notice.message.startswith("Cell 2 ")
    assert says in notice.message
    assert notice.hint


@pytest.mark.parametrize(
    "source",
    [
        "!ls -la",
        "%matplotlib inline\nprint(seed)",
        "!echo to pip install, ask",
        "pip_install = 'pip install x'",
        "inputs = tokenizer('x'); model.generate(**inputs)",
        "stack.exit()",
        "print('input()')",
        "x = 7 % 3",
        "def f(seed):\n    train_rows = 3\n    return seed",
        "[seed for seed in range(3)]",
        "lambda seed: seed",
        "x = (",
        "",
        "dataset.seed = 3",
        "callbacks[0]()",
        "!hf download x",
        "rows['train_rows'] = 3",
    ],
)
def test_ordinary_cells_are_not_noticed(source):
    assert notices(source) == ()


@pytest.mark.parametrize(
    "source",
    [
        "seed = 3",
        "seed += 1",
        "seed: int = 3",
        "a, (seed, b) = 1, (2, 3)",
        "for seed in range(3): pass",
        "with open('x') as seed: pass",
        "import random as seed",
        "if (seed := 3): pass",
        "del seed",
        "def seed(): pass",
        "class seed: pass",
        "def f():\n    global seed\n    seed = 3",
        "try:\n    pass\nexcept ValueError as seed:\n    pass",
        "match 3:\n    case seed: pass",
        "match [3]:\n    case [*seed]: pass",
        "match {}:\n    case {**seed}: pass",
        "%time\nif True:\n    seed = 4",
    ],
)
def test_every_way_to_assign_a_parameter_again_is_noticed(source):
    (notice,) = notices(source)

    assert notice.code == "GR312"
    assert "Cell 2 assigns `seed` again" in notice.message


def test_a_cell_before_the_parameters_may_assign_them():
    document = parse_notebook(notebook(code("seed = 3"), parameters()), "lab.ipynb")

    assert look_through(document, PARAMETERS) == ()


def test_a_conflict_inside_a_cell_is_noticed_with_its_line():
    (notice,) = notices("x = 1\n<<<<<<< local\ny = 2\n=======\ny = 3\n>>>>>>> remote")

    assert notice.code == "GR301"
    assert "Cell 2, line 2" in notice.message


def test_a_call_is_noticed_once_per_cell_and_all_notices_end_at_twenty():
    assert len(notices("input()\ninput()")) == 1
    assert len(notices("input()", *[code(f"input({n})") for n in range(40)])) == 20


def test_an_enormous_cell_is_not_looked_through():
    assert notices("seed = 3\n" + "#" * 2_000_000) == ()


def test_a_dotted_import_binds_its_first_name():
    assert list(module_assignments(ast.parse("import os.path"))) == ["os"]


def test_an_exception_without_a_name_binds_nothing():
    assert list(module_assignments(ast.parse("try:\n    pass\nexcept ValueError:\n    pass"))) == []
