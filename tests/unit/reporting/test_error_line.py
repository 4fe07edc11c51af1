"""The line of a cell that raised, as IPython's plain tracebacks show it."""

import pytest

from grader.model.run import CellError
from grader.reporting.error_line import failing_line

SYNTAX = """An error occurred while executing the following cell:
------------------
if True print("x")
------------------

  Cell In[5], line 19
    if True print("x")
            ^
SyntaxError: invalid syntax
"""
RAISED = """---------------------------------------------------------------------------
ValueError                                Traceback (most recent call last)
Cell In[6], line 14
     12 confirm("one")
     13 confirm("two")
---> 14 train(rows)
     15 done()

Cell In[3], line 2, in train(rows)
      1 def train(rows):
----> 2     raise ValueError("no")

ValueError: no
"""
INSIDE = """OSError                                   Traceback (most recent call last)
File /packages/urllib3/connectionpool.py:779, in urlopen(self)
    778 try:
--> 779     self._prepare_proxy(conn)

During handling of the above exception, another exception occurred:

Cell In[2], line 1
----> 1 import requests; requests.get("https://example.org")
"""


@pytest.mark.parametrize(
    ("traceback", "line"),
    [
        (SYNTAX, 'line 19: if True print("x")'),
        (RAISED, "line 14: train(rows)"),
        (INSIDE, 'line 1: import requests; requests.get("https://example.org")'),
        ("Cell In[2], line 3\n" + "x" * 500, "line 3: " + "x" * 199 + "…"),
        ("Cell In[2], line 3\n\x1b[31mred", "line 3: \\x1b[31mred"),
        ("no line in here", "ValueError: no"),
        ("", "ValueError: no"),
    ],
)
def test_the_line_is_that_of_the_cell_that_was_run(traceback, line):
    found = failing_line(CellError("ValueError", "no", traceback))

    assert found.replace("\N{REPLACEMENT CHARACTER}", "") == line or found == line
    assert found.isprintable()
