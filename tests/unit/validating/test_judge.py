from pathlib import Path

import pytest

from grader.model.verdict import DeclaredCheck, Verdict, VerdictStatus
from grader.validating import Case, misjudged


def _case(*fails: str) -> Case:
    return Case("a-case", "a mistake", fails, (), None, Path())


def _verdict(name: str, status: VerdictStatus, *, gpu: bool = False, waits: tuple[str, ...] = ()) -> Verdict:
    check = DeclaredCheck(name, name, 1, "module", needs_gpu=gpu)
    return Verdict(check, status, 0.0, message="what was seen", waits_for=waits, staff="KeyError: x")


PASSED, PARTLY, FAILED, WAITS, OURS = (
    VerdictStatus.PASSED,
    VerdictStatus.PARTLY,
    VerdictStatus.FAILED,
    VerdictStatus.NOT_JUDGED,
    VerdictStatus.OUR_FAULT,
)


@pytest.mark.parametrize("status", [FAILED, PARTLY])
def test_a_case_is_judged_as_it_should_be(status: VerdictStatus):
    verdicts = [_verdict("a", PASSED), _verdict("b", status), _verdict("c", WAITS, waits=("b",))]
    assert misjudged(_case("b"), verdicts) == []


def test_a_chain_of_waiting_checks_is_in_order():
    verdicts = [_verdict("a", FAILED), _verdict("b", WAITS, waits=("a",)), _verdict("c", WAITS, waits=("b",))]
    assert misjudged(_case("a"), verdicts) == []


@pytest.mark.parametrize("status", [PASSED, WAITS])
def test_a_check_that_should_see_the_mistake_and_does_not_is_misjudged(status: VerdictStatus):
    assert misjudged(_case("a"), [_verdict("a", status)]) == [f"a: {status.value}, but it must not be met"]


@pytest.mark.parametrize("status", [FAILED, PARTLY])
def test_a_check_that_fails_beyond_the_list_is_misjudged(status: VerdictStatus):
    sentences = misjudged(_case(), [_verdict("a", status)])
    assert sentences == [f"a: {status.value}, but it must pass: what was seen"]


@pytest.mark.parametrize("fails", [(), ("a",)])
def test_a_check_that_broke_is_always_misjudged(fails: tuple[str, ...]):
    assert misjudged(_case(*fails), [_verdict("a", OURS)]) == ["a: the check itself broke: KeyError: x"]


def test_a_check_that_waits_for_nothing_is_misjudged():
    verdicts = [_verdict("a", PASSED), _verdict("b", WAITS, waits=("a",))]
    assert misjudged(_case(), verdicts) == ["b: not judged, although it waits for nothing"]


def test_a_check_that_needs_a_gpu_may_stay_without_a_verdict():
    assert misjudged(_case(), [_verdict("a", WAITS, gpu=True)]) == []


def test_a_case_that_names_an_unknown_check_is_misjudged():
    assert misjudged(_case("test_typo"), [_verdict("a", PASSED)]) == ["test_typo: the lab has no such check"]
