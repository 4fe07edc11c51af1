from dataclasses import replace

from grader.model.run import RunStatus
from grader.reporting.terminal import terminal_lines
from tests.fakes import grades


def texts(grade, **options):
    return [line.text for line in terminal_lines(grade, **options)]


def test_the_last_line_is_the_action():
    assert texts(grades.lora())[-1].endswith("(a run takes about 1 min 12 s).")
    assert texts(grades.failing(), width=300)[-1].startswith('Next: fix "The saved model reaches 90 %')


def test_points_end_in_one_column():
    heads = [text for text in texts(grades.failing()) if text.startswith(("  ✗ ", "  ◐ ", "  – "))]

    assert {len(text) for text in heads} == {74}


def test_wide_characters_take_two_columns():
    made = grades.failing()
    wide = replace(made.verdicts[4], check=replace(made.verdicts[4].check, title="報告の精度は測定した精度です"))
    (head,) = [text for text in texts(replace(made, verdicts=(wide,))) if text.startswith("  ✗ 報告")]

    assert len(head) == 74 - 14


def test_a_narrow_terminal_wraps_sentences_and_cuts_titles():
    lines = texts(grades.failing(), width=60)

    assert max(len(text) for text in lines[4:]) <= 60
    assert any("…" in text for text in lines)


def test_sentences_of_several_lines_stay_indented():
    made = grades.failing()
    two = replace(made.verdicts[4], message="One.\n\tTwo.", hint="")

    assert "    One." in texts(replace(made, verdicts=(two,)))
    assert "        Two." in texts(replace(made, verdicts=(two,)))


def test_the_cell_stands_beside_a_short_message_and_below_a_long_one():
    short = texts(grades.not_attempted())
    below = texts(grades.stopped())

    assert any(text.startswith("✗ GR410") and text.endswith('…"]') for text in short)
    assert '         [cell 6: "trainer = Trainer(model=model,…"]' in below


def test_a_missing_machine_is_no_failure_of_the_work():
    made = grades.grade((), run=grades.run(status=RunStatus.OUR_FAULT, code="GR601", message="No GPU found."))

    assert any(line.text.startswith("! GR601") and line.tone == "warn" for line in terminal_lines(made))


def test_staff_read_why_a_check_broke_and_students_do_not():
    told = texts(grades.lora(), staff=True)

    assert "    | KeyError: 'oops'" in told
    assert not any("oops" in text for text in texts(grades.lora()))


def test_staff_read_the_end_of_a_long_traceback_without_its_marks():
    made = grades.lora()
    broken = next(verdict for verdict in made.verdicts if verdict.staff)
    long = "".join(f"line {number}\n    ~~^^\n" for number in range(40))
    told = texts(replace(made, verdicts=(replace(broken, staff=long),)), staff=True)

    assert "    | line 39" in told
    assert "    | line 20" not in told
    assert not any("^" in text for text in told)


def test_no_report_is_not_mentioned():
    assert not any("Report" in text for text in texts(grades.failing()))
    assert texts(grades.perfect())[-1] == "100 / 100 points."


def test_a_lab_without_any_pass_counts_all_states():
    made = grades.failing()

    shown = texts(replace(made, verdicts=made.verdicts[4:5], score=0.0, possible=10.0))

    assert "0 / 10 points · 1 not yet" in shown


def test_a_message_without_words_keeps_its_code():
    made = grades.grade((), run=grades.run(status=RunStatus.STOPPED, code=None))

    assert any(text.strip() == "✗" for text in texts(made))


def test_no_line_of_a_result_is_a_command_of_ci():
    said = f"{'word ' * 18}::notice title=110 of 110 points:: ##[group]x"
    stopped = grades.grade((), run=grades.run(status=RunStatus.CELL_FAILED, message=said))

    lines = [line.text for line in terminal_lines(stopped)]

    assert any("· ::notice title" in line for line in lines)  # wrapped to where a line begins
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in lines)
