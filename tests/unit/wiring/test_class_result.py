"""Judging again says who gained or lost, and why."""

from dataclasses import replace

from grader.model.grade import Flag
from grader.wiring.class_result import changes, flagged
from tests.fakes.course import a_grade, a_lab, a_verdict


def grade_of(tmp_path, score, *verdicts, student="ada"):
    made = a_grade(a_lab(tmp_path), score=score, verdicts=verdicts)
    return replace(made, submission=replace(made.submission, student_id=student))


def test_the_largest_change_comes_first_and_what_stayed_is_left_out(tmp_path):
    one, two = a_verdict("test_one"), a_verdict("test_two")
    before = {number: grade_of(tmp_path, 5, one, two, student=f"s{number}") for number in range(3)}
    lost = grade_of(tmp_path, 0, a_verdict("test_one", "failed", message="It is 4."), two, student="s1")
    gained = grade_of(tmp_path, 6, one, a_verdict("test_two", points=6), student="s2")

    found = changes(before, {0: before[0], 1: lost, 2: gained})
    assert [(change.student, change.before, change.after) for change in found] == [("s1", 5, 0), ("s2", 5, 6)]
    assert found[0].why == ("test_one: passed, now failed. It is 4.",)
    assert found[1].why == ("test_two: passed, now passed, 5 to 6 points.",)


def test_checks_that_came_or_went_are_named(tmp_path):
    before = grade_of(tmp_path, 5, a_verdict("test_old"))
    after = grade_of(tmp_path, 5, a_verdict("test_new", "failed", message="Not yet."))

    assert changes({1: before}, {1: after})[0].why == ("test_new is new: failed. Not yet.", "test_old is gone")


def test_flags_are_gathered_by_code_with_the_students_who_have_them(tmp_path):
    flags = {"ada": [("GR401", "Cell 1.")], "ben": [("GR401", "Cell 2."), ("GR501", "It broke.")], "cy": []}
    grades = [
        replace(grade_of(tmp_path, 5, student=sid), flags=tuple(Flag(*flag) for flag in found))
        for sid, found in flags.items()
    ]

    stopped, broken = flagged(grades)
    assert (stopped.code, stopped.message, stopped.students) == ("GR401", "Time limit.", ("ada", "ben"))
    assert (broken.code, broken.message, broken.students) == ("GR501", "It broke.", ("ben",))
