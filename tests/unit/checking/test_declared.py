"""The checks of a lab are read from source, and an author's mistakes are told all at once."""

from dataclasses import replace

import pytest

from grader.checking.declared import checks_sha256, declared_checks
from grader.errors import LabFault
from grader.model.lab import ArtifactSpec, Exercise, Lab, MeasurementSpec
from tests.fakes.judged import Workplace

GOOD = '''
@check(points=2.5, cell="exercise-1", reveal="hint", hint="Do " "this.", needs_gpu=True)
def test_one(artifacts):
    """The first holds

    More for authors.
    """

@check(points=1, needs=(test_one,), bonus=True)
def test_two():
    """The second holds"""
'''
HIDDEN = '''
@check(points=3, needs=["test_one"])
def test_three():
    """The third holds"""
'''


def findings(lab: Lab) -> str:
    with pytest.raises(LabFault) as caught:
        declared_checks(lab)
    assert caught.value.code == "GR202"
    return caught.value.message


def test_every_argument_is_read_without_importing(place: Workplace) -> None:
    lab = place.lab("raise RuntimeError('imported')\n" + GOOD, HIDDEN, points=5.5, bonus=1.0)

    one, two, three = declared_checks(lab)

    assert (one.id, one.title, one.points, one.module) == ("test_one", "The first holds", 2.5, "test_lab_0_1.py")
    assert (one.cell, one.reveal, one.hint, one.needs_gpu) == ("exercise-1", "hint", "Do this.", True)
    assert (two.needs, two.bonus, two.hidden) == (("test_one",), True, False)
    assert (three.needs, three.hidden, three.module) == (("test_one",), True, "test_lab_0_1_hidden.py")


@pytest.mark.parametrize(
    ("decorator", "told"),
    [
        ("", "it needs exactly one decorator"),
        ("@check(points=1)\n@other", "it needs exactly one decorator"),
        ("@check(3, points=1)", "the arguments of @check are named"),
        ("@check()", "it has no points"),
        ("@check(points=0)", "points cannot be 0"),
        ("@check(points=True)", "points cannot be True"),
        ("@check(points='2')", "points cannot be '2'"),
        ("@check(points=ONE)", "points must be a literal"),
        ("@check(points=1, reveal='all')", "reveal is one of full, hint, title, score"),
        ("@check(points=1, colour='red')", "@check has no argument colour"),
        ("@check(points=1, **more)", "@check has no argument **"),
        ("@check(points=1, needs=test_a)", "needs is a list of checks"),
        ("@check(points=1, needs=[3])", "needs is a list of checks"),
        ("@check(points=1, needs=[test_later])", "needs test_later, which is no check before it"),
        ("@check(points=1, needs=['test_x'])", "needs test_x, which is no check before it"),
    ],
)
def test_a_mistake_in_a_decorator_is_found(place: Workplace, decorator: str, told: str) -> None:
    source = f'{decorator}\ndef test_a():\n    """It holds"""\n'

    assert told in findings(place.lab(source))


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("def test_a():\n    pass", "there is none"),
        ('def test_a():\n    """It holds."""', "ends with a full stop"),
        (f'def test_a():\n    """{"x" * 90}"""', "has 90 characters"),
        ('def test_a(artefacts):\n    """It holds"""', "there is no fixture artefacts"),
        ('def test_a():\n    """It holds"""\n    yield 1', "a check does not yield"),
        ('def test_a(measured):\n    """It holds"""\n    measured.hidden', "declares no [measurements.hidden]"),
    ],
)
def test_a_mistake_in_a_check_is_found(place: Workplace, function: str, told: str) -> None:
    assert told in findings(place.lab(f"@check(points=1)\n{function}\n"))


def test_fixtures_and_measurements_that_exist_are_fine(place: Workplace) -> None:
    source = (
        "import pytest\n@pytest.fixture\ndef own():\n    return 1\n\n"
        '@check(points=1)\ndef test_a(own, measured, evidence):\n    """It holds"""\n    measured.hidden["accuracy"]\n'
    )
    spec = MeasurementSpec("hidden", "classifier_accuracy", ("model",))

    assert declared_checks(place.lab(source, measurements=(spec,)))[0].id == "test_a"


@pytest.mark.parametrize(
    ("measure", "options", "told"),
    [
        ("classifier_acuracy", {}, "nobody measures classifier_acuracy; did you mean classifier_accuracy?"),
        ("classifier_accuracy", {"splt": "test"}, "has no option splt; did you mean split?"),
        ("classifier_accuracy", {"rows": 3}, "has no option rows; it has split, max_length"),
        ("checkpoint", {"rows": 3}, "has no option rows; it has none"),
    ],
)
def test_a_measurement_that_nobody_makes_is_found(
    place: Workplace, measure: str, options: dict[str, object], told: str
) -> None:
    spec = MeasurementSpec("hidden", measure, ("model",), options=options)

    assert f"[measurements.hidden] of lab.toml: {told}" in findings(
        place.lab(GOOD, points=2.5, bonus=1.0, measurements=(spec,))
    ).replace(f"{measure} has", "has")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ('json("metric.json")', "lab.toml declares no artifact metric.json; did you mean metrics.json?"),
        ('table("rows.csv").rows', "lab.toml declares no artifact rows.csv"),
        ('fits_schema("metrics.json")', "lab.toml names no schema for metrics.json"),
    ],
)
def test_an_artifact_that_nobody_asks_for_is_found(place: Workplace, call: str, told: str) -> None:
    source = f'@check(points=1)\ndef test_a(artifacts):\n    """It holds"""\n    artifacts.{call}\n'

    assert f"test_lab_0_1.py:6: {told}" in findings(place.lab(source))


def test_an_artifact_inside_a_folder_and_a_question_for_one_are_fine(place: Workplace) -> None:
    source = (
        '@check(points=1)\ndef test_a(artifacts):\n    """It holds"""\n'
        '    artifacts.json("model/config.json")\n    assert not artifacts.exists("optimizer.pt")\n'
    )
    folder = ArtifactSpec("model", "model", "A model")

    assert declared_checks(place.lab(source, artifacts=(folder,)))


def test_a_cell_that_is_no_exercise_is_found(place: Workplace) -> None:
    lab = place.lab(GOOD, points=2.5, bonus=1.0, exercises=(Exercise("exercise-2", "Two", ("test_one", "test_two")),))

    assert "its cell exercise-1 is no exercise of lab.toml; it has exercise-2" in findings(lab)


def test_a_name_that_nobody_knows_comes_with_the_nearest(place: Workplace) -> None:
    told = findings(
        place.lab('@check(points=1, needs=["test_on"])\ndef test_b(artefacts):\n    """It holds"""\n' + GOOD)
    )
    after = findings(place.lab(GOOD + '@check(points=1, needs=["test_on"])\ndef test_b():\n    """It holds"""\n'))

    assert "there is no fixture artefacts; did you mean artifacts?" in told
    assert "needs test_on, which is no check before it; did you mean test_one?" in after


def test_a_name_that_is_near_to_none_comes_alone(place: Workplace) -> None:
    more = '@check(points=1, needs=["test_counter"])\ndef test_accuracy():\n    """It holds"""\n'

    assert "did you mean" not in findings(place.lab(GOOD + more))


def test_a_module_that_is_not_python_is_the_only_finding(place: Workplace) -> None:
    told = findings(place.lab("def test_a(:\n", HIDDEN, points=9.0))

    assert told.endswith("1 finding(s):\n  - checks/module-0/test_lab_0_1.py:3: it is not Python: invalid syntax")


def test_what_is_imported_beyond_the_public_modules_is_found(place: Workplace) -> None:
    told = findings(place.lab(f"from grader.hub import cards\n{GOOD}", points=2.5, bonus=1.0))

    assert "test_lab_0_1.py:" in told
    assert "it imports grader.hub, which may change at any time" in told


def test_classes_and_coroutines_are_no_checks(place: Workplace) -> None:
    told = findings(place.lab("class TestAll:\n    pass\n\nasync def test_a():\n    pass\n"))

    assert "TestAll: a check is a plain function" in told
    assert "test_a: a check is a plain function" in told


def test_two_checks_of_one_name_are_found(place: Workplace) -> None:
    again = '@check(points=1)\ndef test_one():\n    """Again"""\n'

    assert "another check has this name" in findings(place.lab(GOOD, again))


def test_a_hidden_check_keeps_its_threshold_to_itself(place: Workplace) -> None:
    hidden = '@check(points=1, hint="Reach 0.9.")\ndef test_h():\n    """The model reaches 80 % accuracy"""\n'

    assert "does not name its threshold" in findings(place.lab(GOOD, hidden, points=3.5, bonus=1.0))


def test_points_must_add_up(place: Workplace) -> None:
    told = findings(place.lab(GOOD, HIDDEN, points=7.0, bonus=2.0))

    assert "the checks have 5.5 points, lab.toml says 7" in told
    assert "the checks have 1 bonus points, lab.toml says 2" in told


def test_points_may_be_missing_where_hidden_modules_are(place: Workplace) -> None:
    lab = replace(place.lab(GOOD, HIDDEN, points=5.5, bonus=1.0), hidden_check_modules=())

    assert [check.id for check in declared_checks(lab)] == ["test_one", "test_two"]


def test_an_exercise_names_checks_that_exist(place: Workplace) -> None:
    lab = place.lab(GOOD, points=2.5, bonus=1.0, exercises=(Exercise("exercise-1", "One", ("test_one", "test_nine")),))

    assert "exercise-1 of lab.toml names test_nine, which is no check" in findings(lab)


def test_findings_come_together(place: Workplace) -> None:
    told = findings(place.lab("@check()\ndef test_a(x):\n    pass\n", "class TestAll: ..."))

    assert told.count("\n") == 4
    assert "hidden/test_lab_0_1_hidden.py:3: TestAll: a check is a plain function" in told


def test_a_module_that_is_not_there_is_named(place: Workplace) -> None:
    lab = place.lab(GOOD)
    lab.check_modules[0].unlink()

    with pytest.raises(LabFault, match="test_lab_0_1") as caught:
        declared_checks(lab)

    assert caught.value.code == "GR204"


def test_without_a_readable_lab_toml_the_modules_count_as_complete(place: Workplace) -> None:
    lab = place.lab(GOOD, points=2.5, bonus=1.0)
    lab.toml.unlink()

    assert len(declared_checks(lab)) == 2


def test_the_hash_follows_modules_and_helpers_only(place: Workplace) -> None:
    lab = place.lab(GOOD, HIDDEN, points=5.5, bonus=1.0)
    first = checks_sha256(lab)
    (lab.checks_root / "test_lab_9_9.py").write_text("# of another lab")
    same = checks_sha256(lab)
    (lab.checks_root / "helper.py").write_text("LIMIT = 3")

    assert first == same
    assert checks_sha256(lab) != first
