import pytest

from grader.intake.notebook import parse_notebook
from grader.intake.notices import look_through
from tests.fakes.notebooks import code, notebook, parameters


def notices(source, *more):
    cells = [parameters(), code(source, "work"), *more]
    return look_through(parse_notebook(notebook(*cells), "lab.ipynb"))


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
        "x = (",
        "",
        "callbacks[0]()",
        "!hf download x",
    ],
)
def test_ordinary_cells_are_not_noticed(source):
    assert notices(source) == ()


def test_a_conflict_inside_a_cell_is_noticed_with_its_line():
    (notice,) = notices("x = 1\n<<<<<<< local\ny = 2\n=======\ny = 3\n>>>>>>> remote")

    assert notice.code == "GR301"
    assert "Cell 2, line 2" in notice.message


def test_a_call_is_noticed_once_per_cell_and_all_notices_end_at_twenty():
    assert len(notices("input()\ninput()")) == 1
    assert len(notices("input()", *[code(f"input({n})") for n in range(40)])) == 20


def test_an_enormous_cell_is_not_looked_through():
    assert notices("input()\n" + "#" * 2_000_000) == ()
