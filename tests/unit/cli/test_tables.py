"""Tables of the class show what people wrote as it is."""

import io

from rich.console import Console

from grader.cli.output import few
from grader.cli.tables import plain_table, standings_table
from grader.gradebook.grades import Standing


def shown(table):
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    return console.file.getvalue()


def standing(sid, **changes):
    values = {"name": "", "email": "", "section": "", "lms": {}, "enrolled": True, "lab_id": "0.1", "state": "graded"}
    return Standing(sid, **(values | changes))


def test_words_in_brackets_are_no_markup():
    assert "see [bold] and [/b]" in shown(plain_table(["Why"], [["see [bold] and [/b]"]]))


def test_what_a_terminal_would_obey_is_spelt_out():
    assert "\\x1b[2J" in shown(plain_table(["Why"], [["\x1b[2J"]]))


def test_names_have_a_column_where_anybody_has_one():
    assert "Name" not in shown(standings_table([standing("s1")]))

    table = shown(standings_table([standing("s1", name="Ada"), standing("s2")]))
    assert "Name" in table
    assert "Ada" in table


def test_a_mark_of_the_platforms_counts_as_late_where_no_time_is_known():
    table = shown(standings_table([standing("s1", late_mark=True), standing("s2", late_mark=True, late_seconds=7200)]))

    assert "marked late" in table
    assert "2.0 h" in table


def test_names_that_hold_commas_are_kept_apart():
    assert few(["ada", "ben"]) == "ada, ben"
    assert few(["Hopper, Grace", "Knuth, Don", "x"], most=2) == "Hopper, Grace; Knuth, Don and 1 more"
