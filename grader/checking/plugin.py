"""The pytest plugin of the check process: runs the declared checks in order and writes one verdict for each."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

import pytest

from grader.checking.evidence import Evidence
from grader.checking.fixtures import EVIDENCE, JOB, MEASURED
from grader.checking.job import WorkerJob
from grader.checking.judge import NO_GPU, blocked, ended, our_fault, raised
from grader.checking.measured import Measured, Measurer
from grader.model.verdict import DeclaredCheck, Verdict, VerdictStatus

#: Called with each verdict as soon as it is known.
Answer = Callable[[Verdict], None]


@dataclass
class _Judged:
    """What is known of one check while it runs."""

    verdict: Verdict | None = None
    started: float = 0.0


_JUDGED = pytest.StashKey[_Judged]()


class JudgePlugin:
    """Judges the declared checks, in order; what pytest collects besides them is not run."""

    def __init__(self, work: WorkerJob, measurer: Measurer, answer: Answer) -> None:
        """Know what to judge.

        Args:
            work: the job and the checks that must answer.
            measurer: makes a measurement.
            answer: told each verdict.
        """
        self._work = work
        self._answer = answer
        self._declared = {check.id: check for check in work.checks}
        self._verdicts: dict[str, Verdict] = {}
        self._measured = Measured(work.job.lab.measurements, measurer)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Hand the fixtures what they are made of."""
        config.stash[JOB] = self._work.job
        config.stash[MEASURED] = self._measured

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the declared checks, each once."""
        kept: dict[str, pytest.Item] = {}
        rest: list[pytest.Item] = []
        for item in items:
            check = self._declared.get(item.name)
            if check is not None and check.module == item.path.name and item.name not in kept:
                kept[item.name] = item
            else:
                rest.append(item)
        config.hook.pytest_deselected(items=rest)
        items[:] = [kept[name] for name in self._declared if name in kept]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Answer for a check once its fixtures are torn down."""
        state = item.stash[_JUDGED] = _Judged(started=time.perf_counter())
        item.stash[EVIDENCE] = Evidence()
        result = yield
        check = self._declared[item.name]
        verdict = state.verdict or our_fault(check, "The check ended without a result.")
        self._verdicts[check.id] = verdict
        try:
            self._answer(verdict)
        except (TypeError, ValueError) as exc:  # evidence that JSON cannot hold
            self._answer(our_fault(check, f"The verdict could not be written: {exc!r}"))
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Do not start a check that cannot be judged."""
        check, state = self._declared[item.name], item.stash[_JUDGED]
        state.verdict = blocked(check, self._verdicts)
        if state.verdict is None and check.needs_gpu and self._work.job.device != "cuda":
            state.verdict = Verdict(check, VerdictStatus.NOT_JUDGED, None, NO_GPU)
        if state.verdict is not None:
            pytest.skip(state.verdict.message)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn the end of each phase into the verdict."""
        check, state = self._declared[item.name], item.stash[_JUDGED]
        seconds = time.perf_counter() - state.started
        exception = call.excinfo.value if call.excinfo else None
        if call.when == "call" and exception is None:
            state.verdict = ended(check, item.stash[EVIDENCE], seconds)
        elif call.when == "teardown" and exception is not None:
            state.verdict = our_fault(check, f"A fixture failed after the check: {exception!r}", seconds)
        elif exception is not None and state.verdict is None:
            state.verdict = self._raised(check, item.stash[EVIDENCE], exception, seconds)
        return (yield)

    def _raised(self, check: DeclaredCheck, evidence: Evidence, exception: BaseException, seconds: float) -> Verdict:
        return raised(check, evidence, exception, self._work.job.lab.checks_root, seconds)
