"""The gradebook behaves the same on SQLite and on PostgreSQL."""

import datetime as dt
import hashlib
from dataclasses import replace
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from grader.errors import InternalFault, UsageFault
from grader.gradebook.book import open_gradebook
from grader.gradebook.database import reading, writing
from grader.gradebook.migrate import FOLDER, downgrade, revision, revisions, upgrade
from grader.gradebook.records import Person
from grader.gradebook.tables import APPEND_ONLY, check_result, grade, metadata, override
from grader.grading.project import project
from grader.model.decision import Decision
from tests.fakes.course import a_verdict
from tests.fakes.gradebooks import ON_TIME, enrol, grade_of, hand_in, judge, small_lab

pytestmark = pytest.mark.xdist_group("gradebook")


@pytest.fixture
def lab(book, tmp_path):
    made = small_lab(tmp_path)
    enrol(book, made, "ada", "ben")
    return made


def standing(book, sid):
    return next(entry for entry in book.standings() if entry.sid == sid)


def test_migrations_make_exactly_the_tables_of_the_code(book):
    with reading(book.engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, metadata) == []


def test_revisions_are_named_by_their_files(book):
    script = ScriptDirectory(str(FOLDER))

    assert revisions() == [entry.revision for entry in script.walk_revisions()][::-1]
    assert revision(book.engine) == script.get_current_head()


def test_migrations_go_down_to_nothing_and_up_again(book, lab):
    judge(book, lab, "ada")
    before = book.standings()
    downgrade(book.engine, "0001")
    upgrade(book.engine)
    assert book.standings() == before
    downgrade(book.engine, "base")

    assert revision(book.engine) is None
    assert set(sa.inspect(book.engine).get_table_names()) == {"alembic_version"}
    upgrade(book.engine)
    assert book.standings() == []


def test_students_with_a_grade_are_counted_once_for_each_lab(book, lab):
    assert book.graded() == 0
    judge(book, lab, "ada")
    judge(book, lab, "ada", "b")
    judge(book, lab, "ben")

    assert book.graded() == sum(entry.state == "graded" for entry in book.standings()) == 2


def test_a_database_of_a_newer_grader_is_refused(book, place):
    with writing(book.engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(UsageFault) as caught:
        open_gradebook(place, "prof", project)
    assert caught.value.code == "GR108"


def test_every_constraint_has_its_name(book):
    found = sa.inspect(book.engine)

    assert {entry["name"] for entry in found.get_unique_constraints("submission")} == {
        "uq_submission_lab_id_student_id_content_sha"
    }
    assert found.get_pk_constraint("grade")["name"] == "pk_grade"
    assert {entry["name"] for entry in found.get_foreign_keys("grade")} == {
        "fk_grade_judgement_id_judgement",
        "fk_grade_submission_id_submission",
    }


def test_a_judged_run_is_there_with_its_checks_and_its_grade(book, lab):
    number = judge(book, lab, "ada")

    ada = standing(book, "ada")
    assert (ada.state, ada.points, ada.possible, ada.total, ada.run_id) == ("graded", 5, 10, 10, "0.1-ada")
    assert book.grade(number).verdicts == grade_of(lab).verdicts
    with reading(book.engine) as connection:
        rows = connection.execute(sa.select(check_result).order_by(check_result.c.position)).all()
    assert [(row.check_id, row.status, row.earned) for row in rows] == [
        ("test_one", "passed", Decimal("5.0000")),
        ("test_two", "failed", Decimal("0.0000")),
    ]


def test_points_are_exact(book, lab):
    judge(book, lab, "ada", grade=replace(grade_of(lab), score=12345.6789))

    with reading(book.engine) as connection:
        assert connection.execute(sa.select(grade.c.raw)).scalar_one() == Decimal("12345.6789")


def test_the_same_bytes_of_a_student_count_once_by_their_first_time(book, lab):
    later = ON_TIME + dt.timedelta(days=3)
    first = hand_in(book, lab, "ada", received=later)

    assert hand_in(book, lab, "ada", received=ON_TIME) == first
    assert hand_in(book, lab, "ada", received=later) == first
    assert hand_in(book, lab, "ben") != first
    assert standing(book, "ada").received == ON_TIME


def test_students_without_a_submission_are_missing_and_refused_files_say_why(book, lab):
    hand_in(book, lab, "ada", refused_code="GR301", refused_message="Not a notebook.")

    assert (standing(book, "ada").state, standing(book, "ada").code) == ("refused", "GR301")
    assert standing(book, "ben").state == "missing"


def test_a_file_of_no_lab_is_listed_once(book, lab):
    nowhere = replace(lab, id=None)
    first = hand_in(book, nowhere, "eve", refused_code="GR318", refused_message="No lab.")

    assert hand_in(book, nowhere, "eve", refused_code="GR318", refused_message="No lab.") == first
    assert [(entry.sid, entry.lab_id, entry.code) for entry in book.standings() if not entry.lab_id] == [
        ("eve", "", "GR318")
    ]


def test_what_is_known_of_a_student_is_kept_and_added_to(book, lab):
    book.keep_course([], [Person("ada", lms={"canvas": "7"})])
    book.keep_course([], [Person("ada", section="B", lms={"moodle": "9"})])

    ada = standing(book, "ada")
    assert (ada.name, ada.section, ada.lms) == ("Ada", "B", {"canvas": "7", "moodle": "9"})


def test_one_submission_has_one_current_grade(book, lab):
    number = judge(book, lab, "ada")
    with reading(book.engine) as connection:
        row = connection.execute(sa.select(grade)).one()._asdict()
    row |= {"id": None, "grade_key": "other"}
    del row["id"]

    with pytest.raises(InternalFault) as caught, writing(book.engine) as connection:
        connection.execute(sa.insert(grade).values(**row))
    assert caught.value.code == "GR513"
    assert book.grade(number) is not None


def test_lateness_costs_what_the_policy_says_and_a_changed_policy_changes_grades(book, lab, tmp_path):
    judge(book, lab, "ada", received=ON_TIME + dt.timedelta(days=2))
    ada = standing(book, "ada")
    assert (ada.raw, ada.points) == (5, 3)

    book.keep_course([small_lab(tmp_path, penalty_per_day=0.0)])
    assert book.reproject(lab.id) == 1
    assert standing(book, "ada").points == 5
    assert book.reproject(lab.id) == 0


@pytest.mark.parametrize(("attempts", "points"), [("last", 5.0), ("best", 10.0)])
def test_the_last_or_the_best_submission_counts(book, lab, tmp_path, attempts, points):
    book.keep_course([small_lab(tmp_path, attempts=attempts)])
    full = grade_of(lab, verdicts=(a_verdict("test_one"), a_verdict("test_two")))
    judge(book, lab, "ada", "a", grade=full)
    judge(book, lab, "ada", "b", received=ON_TIME + dt.timedelta(hours=1))

    ada = standing(book, "ada")
    assert (ada.points, ada.attempts) == (points, 2)


def test_a_newer_judgement_replaces_the_grade_and_keeps_the_old_one(book, lab):
    judge(book, lab, "ada")
    full = grade_of(lab, verdicts=(a_verdict("test_one"), a_verdict("test_two")))
    judge(book, lab, "ada", grade=full, judge_key="k" * 64)

    assert standing(book, "ada").points == 10
    with reading(book.engine) as connection:
        assert [
            bool(row) for row in connection.execute(sa.select(grade.c.is_current).order_by(grade.c.id)).scalars()
        ] == [
            False,
            True,
        ]


def test_runs_in_whose_newest_judgement_a_check_broke_are_known(book, lab):
    broken = grade_of(lab, verdicts=(a_verdict("test_one", "our fault"), a_verdict("test_two")))
    judge(book, lab, "ada", grade=broken)
    judge(book, lab, "ben")
    assert book.faulty_runs() == {"ada-a".ljust(64, "0")}

    judge(book, lab, "ada", judge_key="n" * 64)
    assert book.faulty_runs() == set()
    assert (book.times_judged("n" * 64), book.times_judged("x" * 64)) == (2, 0)


def test_decisions_change_grades_without_running_anything_and_can_be_revoked(book, lab):
    judge(book, lab, "ada")
    judge(book, lab, "ben")
    drop, changed = book.decide(Decision("drop", lab.id, "It was broken.", "prof", check_id="test_two"))
    assert changed == 2
    assert (standing(book, "ben").points, standing(book, "ben").possible, standing(book, "ben").total) == (5, 5, 5)
    book.decide(Decision("score", lab.id, "She showed it to me.", "prof", student_id="ada", points=4.5))
    assert (standing(book, "ada").points, standing(book, "ben").points) == (4.5, 5)

    assert book.revoke(drop, "It works after all.") == 2
    assert (standing(book, "ada").points, standing(book, "ben").possible) == (4.5, 10)
    assert [entry.kind for entry in book.decisions()] == ["score"]
    with pytest.raises(UsageFault) as caught:
        book.revoke(drop, "Again.")
    assert caught.value.code == "GR111"


def test_a_decision_says_who_when_and_why_and_is_in_the_log(book, lab):
    judge(book, lab, "ada")
    number, _ = book.decide(Decision("score", lab.id, "Oral exam.", "prof", student_id="ada", points=9))

    (decision,) = book.decisions()
    assert (decision.number, decision.actor, decision.reason, decision.points) == (number, "prof", "Oral exam.", 9)
    assert dt.datetime.fromisoformat(decision.at).tzinfo is not None
    (logged,) = book.events("score")
    assert (logged.actor, logged.payload["student"], logged.payload["reason"]) == ("prof", "ada", "Oral exam.")
    adjustment = book.grade(standing(book, "ada").submission_id).adjustments[-1]
    assert (adjustment.what, adjustment.points, adjustment.by, adjustment.why) == ("override", 4, "prof", "Oral exam.")


def test_decisions_about_nobody_are_refused(book, lab):
    with pytest.raises(UsageFault) as caught:
        book.decide(Decision("score", lab.id, "?", "prof", student_id="nobody", points=1))
    assert caught.value.code == "GR111"


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["DELETE FROM", "UPDATE"])
def test_histories_only_grow(book, lab, table, change):
    judge(book, lab, "ada")
    book.decide(Decision("score", lab.id, "Oral exam.", "prof", student_id="ada", points=9))
    statement = f'{change} "{table}"' + (" SET id = id" if change == "UPDATE" else "")

    with pytest.raises(InternalFault, match="only grows"), writing(book.engine) as connection:
        connection.execute(sa.text(statement))


def test_a_changed_log_is_found_out(book, lab):
    judge(book, lab, "ada")
    judge(book, lab, "ben")
    assert book.verify() == 2

    with writing(book.engine) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(sa.text("DROP TRIGGER event_refuses_update"))
        else:
            connection.execute(sa.text("ALTER TABLE event DISABLE TRIGGER ALL"))
        connection.execute(sa.text("UPDATE event SET actor = 'nobody' WHERE id = 1"))
    with pytest.raises(InternalFault) as caught:
        book.verify()
    assert caught.value.code == "GR514"


def test_a_backup_holds_everything(book, lab, tmp_path):
    judge(book, lab, "ada")
    target = tmp_path / "copies" / "backup"
    book.back_up(target)

    if book.engine.dialect.name == "sqlite":
        copy = open_gradebook(str(target), "prof", project)
        assert copy.standings() == book.standings()
        assert copy.verify() == 1
        copy.close()
    else:
        assert target.read_bytes().startswith(b"PGDMP")
    assert [path.name for path in target.parent.iterdir()] == ["backup"]


def test_parquet_files_hold_every_table(book, lab, tmp_path):
    judge(book, lab, "ada")
    counts = book.write_parquet(tmp_path / "parquet")

    assert counts["check_result"] == 2
    assert counts["student"] == 2
    rows = pq.read_table(tmp_path / "parquet" / "grade.parquet").to_pylist()
    assert (rows[0]["points"], rows[0]["is_current"]) == (Decimal("5.0000"), True)
    assert pq.read_table(tmp_path / "parquet" / "submission.parquet").to_pylist()[0]["received_at"] == ON_TIME
    assert set(counts) == set(metadata.tables)


def test_an_export_says_whether_it_differs_from_the_last(book, lab, tmp_path):
    path = tmp_path / "canvas.csv"

    assert [book.note_export("canvas", lab.id, path, content, 2) for content in (b"a", b"a", b"b")] == [
        True,
        False,
        True,
    ]
    assert book.events("export")[0].payload["digest"] == hashlib.sha256(b"a").hexdigest()


def test_overrides_are_rows_that_stay(book, lab):
    number, _ = book.decide(Decision("drop", lab.id, "Broken.", "prof", check_id="test_two"))
    book.revoke(number, "Mended.")

    with reading(book.engine) as connection:
        rows = connection.execute(sa.select(override.c.kind, override.c.revokes_id).order_by(override.c.id)).all()
    assert [tuple(row) for row in rows] == [("drop", None), ("revoke", number)]
