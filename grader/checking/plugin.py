"""The pytest plugin of the check process: gives checks their fixtures and writes one verdict for each."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader.checking.evidence import Evidence
from grader.checking.files import Artifacts, Notebook
from grader.checking.job import WorkerJob
from grader.checking.judge import NO_GPU, blocked, ended, our_fault, raised
from grader.checking.measured import Measured, Measurer
from grader.checking.probes import Probes
from grader.hub.evidence import HubEvidence
from grader.model.files import read_json
from grader.model.lab import Lab
from grader.model.probe import ProbeRecord
from grader.model.run import RunResult
from grader.model.verdict import DeclaredCheck, Verdict, VerdictStatus

#: Called with each verdict as soon as it is known.
Answer = Callable[[Verdict], None]


@dataclass
class _Judged:
    """What is known of one check while it runs."""

    evidence: Evidence = field(default_factory=Evidence)
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

    # --- which checks run, and when -----------------------------------------------------------------------------

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
            state.verdict = ended(check, state.evidence, seconds)
        elif call.when == "teardown" and exception is not None:
            state.verdict = our_fault(check, f"A fixture failed after the check: {exception!r}", seconds)
        elif exception is not None and state.verdict is None:
            state.verdict = self._raised(check, state.evidence, exception, seconds)
        return (yield)

    def _raised(self, check: DeclaredCheck, evidence: Evidence, exception: BaseException, seconds: float) -> Verdict:
        return raised(check, evidence, exception, self._work.job.lab.checks_root, seconds)

    # --- what checks may take -----------------------------------------------------------------------------------

    @pytest.fixture
    def evidence(self, request: pytest.FixtureRequest) -> Evidence:
        """The table that the check fills."""
        return request.node.stash[_JUDGED].evidence

    @pytest.fixture(scope="session")
    def artifacts(self) -> Artifacts:
        """The collected files."""
        return Artifacts(self._work.job.run_folder / "artifacts", self._work.job.lab)

    @pytest.fixture(scope="session")
    def measured(self) -> Measured:
        """What the grader measures."""
        return self._measured

    @pytest.fixture(scope="session")
    def lab(self) -> Lab:
        """The lab."""
        return self._work.job.lab

    @pytest.fixture(scope="session")
    def run(self) -> RunResult:
        """How the notebook ran, as seen from outside."""
        return read_json(self._work.job.run_folder / "run.json", RunResult)

    @pytest.fixture(scope="session")
    def probes(self) -> Probes:
        """What the student's functions returned on inputs of ours."""
        return Probes(read_json(self._work.job.run_folder / "probes.json", ProbeRecord))

    @pytest.fixture(scope="session")
    def bases(self) -> Mapping[str, Path]:
        """Folders with the files of the lab's Hub repositories, by id."""
        return self._work.job.bases

    @pytest.fixture(scope="session")
    def hub(self) -> HubEvidence:
        """What the Hub holds, and what the run did there."""
        return HubEvidence(self._work.job.run_folder / "hub", self._work.job.hub_base)

    @pytest.fixture(scope="session")
    def notebook(self) -> Notebook:
        """The cells as they ran."""
        return Notebook.read(self._work.job.run_folder)
