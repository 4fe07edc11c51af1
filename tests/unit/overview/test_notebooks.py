"""Notebooks that share more than the course gave."""

import json

import pytest

from grader.overview.notebooks import alike_notebooks, code_of, read_code

GIVEN = "".join(
    f"def helper_{n}(rows):\n    return [row['text'].strip() for row in rows if row['label'] == {n}]\n"
    for n in range(8)
)


def own(seed: int, lines: int = 30) -> str:
    """Code that differs from that of another seed in its shape, not only in its names."""
    shapes = (
        "value = sum(item ** 2 for item in values if item > {n})",
        "if total > {n}:\n    print('large', total)\nelse:\n    total += {n}",
        "with open(path) as file:\n    rows = [line.split(',') for line in file][{n}:]",
        "while queue and len(seen) < {n}:\n    seen.add(queue.pop())",
        "model = build(hidden={n}, layers=2)\nmodel.fit(rows, epochs={n})",
        "try:\n    result = compute(rows)[{n}]\nexcept KeyError as error:\n    raise ValueError(error) from error",
        "matrix = [[cell * {n} for cell in row] for row in matrix]",
        "lookup = dict(zip(names, sorted(scores, reverse=True), strict=True))\nbest = lookup.get({n})",
    )
    return "\n".join(shapes[(seed * 5 + n * (seed + 1) + n * n) % len(shapes)].format(n=n) for n in range(lines))


def renamed(code: str) -> str:
    return code.replace("rows", "data").replace("value", "result_of_mine").replace("total", "amount")


def test_a_copy_with_other_names_is_found_with_lines_that_both_have():
    codes = {"ada": GIVEN + own(1), "bob": GIVEN + renamed(own(1)), "cy": GIVEN + own(2), "di": GIVEN + own(3)}

    (pair,) = alike_notebooks(codes, GIVEN, 0.8)

    assert (pair.first, pair.second, pair.kind) == ("ada", "bob", "notebook")
    assert pair.share > 0.9
    assert all(line in own(1) for line in pair.lines)
    assert pair.lines


def test_what_the_course_gave_is_nobodys_copy():
    codes = {name: GIVEN + own(seed) for seed, name in enumerate(("ada", "bob", "cy"), start=1)}

    assert alike_notebooks(codes, GIVEN, 0.5) == ()


def test_a_notebook_with_little_of_its_own_is_not_compared():
    codes = {"ada": GIVEN + "\nx = 1", "bob": GIVEN + "\nx = 2"}

    assert alike_notebooks(codes, GIVEN, 0.1) == ()
    assert alike_notebooks({}, "", 0.5) == ()


def notebook(*cells) -> bytes:
    return json.dumps({"cells": list(cells)}).encode()


def test_code_is_that_of_the_code_cells_and_magics_are_comments():
    content = notebook(
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "x = 1"]},
        {"cell_type": "code", "source": "  !pip install x"},
    )

    assert code_of(content) == "#%matplotlib inline\nx = 1\n#  !pip install x"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"cells": 3}', b'{"cells": [{}]}', b"[" * 100_000, b"\xff"])
def test_a_file_that_is_no_notebook_has_no_code(content):
    assert code_of(content) == ""


def test_the_code_of_a_run_is_that_of_its_submission(tmp_path):
    assert read_code(tmp_path) == ""
    (tmp_path / "submission.ipynb").write_bytes(notebook({"cell_type": "code", "source": "x = 1"}))
    assert read_code(tmp_path) == "x = 1"
