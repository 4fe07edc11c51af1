"""Plans and runs a batch: everything that a class handed in, graded once each, into the gradebook."""

import asyncio
import contextlib
import datetime as dt
import signal
import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import msgspec

from grader.batch.engine import Engine
from grader.batch.plan import Planned, look_at, people_of
from grader.batch.spool import Outcome, Spool, Task
from grader.batch.supervisor import Supervisor, Tally
from grader.catalog import find_lab
from grader.checking.grouping import Together
from grader.errors import GraderError
from grader.gradebook.ledger import FAILED, Claim, Job, Ledger
from grader.gradebook.owner import is_alive
from grader.gradebook.records import JudgedRun
from grader.intake.handins.fetch import fetch_places
from grader.intake.handins.find import find_handins
from grader.intake.handins.roster import Roster, read_roster
from grader.intake.submission import Accepted
from grader.model.files import read_json
from grader.model.grade import Grade
from grader.model.lab import Lab
from grader.pipeline import Request
from grader.settings import Settings
from grader.wiring.class_keys import LabFacts, exec_key, judge_key, lab_facts, run_inputs
from grader.wiring.class_plan import Asked, Plan
from grader.wiring.classroom import Classroom
from grader.wiring.devices import declared_gpu_bytes
from grader.wiring.engines import OpenEngine, check_engine, open_engine
from grader.wiring.together import When, measure_before_judging
from grader.wiring.workshop import Workshop


class Batch:
    """One batch of a class."""

    def __init__(self, classroom: Classroom) -> None:
        """Work in a classroom; its gradebook is opened when needed.

        Raises:
            UsageFault: GR104, there is no such engine.
            MachineFault: GR606, Ray is not installed.
        """
        check_engine(classroom.settings)
        self._classroom = classroom
        self._settings: Settings = classroom.settings
        self._facts: dict[str, LabFacts] = {}
        self._tasks: dict[str, Task] = {}

    @cached_property
    def _workshop(self) -> Workshop:
        return Workshop(self._settings)

    @cached_property
    def spool(self) -> Spool:
        """Where workers leave their results."""
        return Spool(self._settings.runs / ".spool")

    @cached_property
    def ledger(self) -> Ledger:
        """The jobs of the gradebook."""
        return self._classroom.book.ledger()

    def plan(self, asked: Asked) -> Plan:
        """Look at everything, write it down, and add the jobs that are not done yet.

        Args:
            asked: what a person asked for.

        Raises:
            MachineFault: GR606, the package for a place's URL is missing.
            UsageFault: GR1xx, a place, roster, lab, profile or device does not exist, or no notebook was found.
            SubmissionFault: GR310, GR323, GR324, an archive cannot be unpacked.
            InternalFault: the gradebook or the disk failed.
        """
        roster = read_roster(asked.roster) if asked.roster else Roster()
        with tempfile.TemporaryDirectory(prefix="grader-handed-in-") as scratch:
            labs = self._classroom.labs
            fetched = fetch_places(asked.places, Path(scratch), trust_times=asked.trust_times)
            found = find_handins(fetched.places, labs, Path(scratch), asked.kind, trust_times=asked.trust_times)
            named = find_lab(labs, asked.lab_id) if asked.lab_id else None
            now = dt.datetime.now(dt.UTC)
            planned = [look_at(entry, [named] if named else labs, roster, now, named) for entry in found.handins]
            tasks = self._write_down(planned, roster, asked)
        keys = self._choose(tasks, asked)
        strangers = sorted({entry.person.sid for entry in planned if not entry.person.enrolled})
        in_use = {entry.lab.id for entry in planned if entry.lab is not None}
        return Plan(
            labs=tuple(lab.id for lab in labs if lab.id in in_use),
            handed_in=len(planned),
            keys=tuple(keys),
            kinds=found.kinds,
            refused=fetched.refused + found.refused,
            strangers=tuple(strangers),
        )

    @contextlib.contextmanager
    def engine(self, jobs: int) -> Generator[OpenEngine]:
        """Have the engine for some jobs.

        Args:
            jobs: how many.

        Raises:
            MachineFault: GR602, GR609, the containment or the cluster that was asked for is not there.
        """
        self._workshop.stages.sandbox.promise()  # better to refuse now than once per student
        with open_engine(self._settings, self._classroom.labs, self.spool, jobs) as opened:
            yield opened

    def run(
        self,
        keys: Sequence[str],
        workers: int | None,
        tell: Callable[[Tally], None],
        opened: OpenEngine | None = None,
    ) -> bool:
        """Work off jobs.

        Args:
            keys: the jobs.
            workers: how many at a time; as many as fit the engine when left out.
            tell: told when something ends.
            opened: from `engine`; one for these jobs alone when left out.

        Returns:
            False when somebody stopped it; the same command goes on.

        Raises:
            MachineFault: GR602, GR609, the containment or the cluster that was asked for is not there.
        """
        if not keys:
            return True
        with self.engine(len(keys)) if opened is None else contextlib.nullcontext(opened) as engine:
            return asyncio.run(self._run(keys, workers or engine.workers, tell, engine.engine))

    def measure_together(self, keys: Sequence[str], when: When, say: Callable[[str], None]) -> tuple[Together, ...]:
        """Measure what runs that are only to be judged have in common; see `together.measure_before_judging`.

        Args:
            keys: the jobs.
            when: `auto`, `always` or `never`.
            say: told what begins.
        """
        return measure_before_judging(self._workshop.stages, [self._tasks[key] for key in keys], when, say)

    def failures(self, keys: Sequence[str]) -> dict[str, str]:
        """Return why jobs have no result, by job."""
        return self.ledger.details(keys)

    def facts(self, lab: Lab) -> LabFacts:
        """Look up what the keys of a lab's submissions share; once for each lab."""
        if lab.id not in self._facts:
            self._facts[lab.id] = lab_facts(lab, self._settings.root, self._workshop.stages.hub_digest(lab))
        return self._facts[lab.id]

    async def _run(self, keys: Sequence[str], workers: int, tell: Callable[[Tally], None], engine: Engine) -> bool:
        self.ledger.reap(is_alive)
        supervisor = Supervisor(self.ledger, engine, self.spool, self._commit, tell)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, supervisor.stop)
        try:
            await supervisor.run(keys, workers)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        return not supervisor.stopped

    def _commit(self, claim: Claim, task: Task, outcome: Outcome) -> bool:
        book = self._classroom.book
        if outcome.ending == "refused":
            return self.ledger.commit(claim, "refused", book.refuser(task.submission, outcome.code, outcome.message))
        grade = read_json(Path(outcome.folder, "grade.json"), Grade)
        judged = JudgedRun(task.submission, task.exec_key, task.judge_key, task.inputs, grade, outcome.folder)
        if not self.ledger.commit(claim, "graded", book.recorder(judged)):
            return False
        counts = book.grade(task.submission)
        if counts is not None and counts.adjustments:  # the worker's page knows nothing of lateness and decisions
            with contextlib.suppress(GraderError):  # the grade is recorded, and a page can be made again
                self._workshop.stages.report(counts, Path(outcome.folder))
        return True

    def _write_down(self, planned: Sequence[Planned], roster: Roster, asked: Asked) -> list[Task]:
        book = self._classroom.book
        book.keep_course(self._classroom.labs, people_of(roster))
        book.reproject()  # the late policy may have changed
        numbers = book.hand_in_all([(entry.person, entry.handin) for entry in planned])
        tasks: dict[str, Task] = {}
        for number, entry in zip(numbers, planned, strict=True):
            if entry.accepted is not None:
                task = self._task(number, entry.accepted, asked)
                tasks.setdefault(task.exec_key, task)
        return list(tasks.values())

    def _task(self, number: int, accepted: Accepted, asked: Asked) -> Task:
        submission, facts = accepted.submission, self.facts(accepted.lab)
        kept = self.spool.keep(accepted.original, submission.sha256, submission.file_name)
        request = Request(kept, facts.lab.id, submission.student_id, asked.profile, device=asked.device)
        inputs = run_inputs(facts, submission, request)
        execution = exec_key(inputs)
        judgement = judge_key(execution, facts)
        return Task(
            key=judgement,
            kind="grade",
            submission=number,
            exec_key=execution,
            judge_key=judgement,
            inputs=inputs,
            lab_id=facts.lab.id,
            student_id=submission.student_id,
            notebook=str(kept),
            run_folder=str(self._settings.runs / f"{facts.lab.id}-{execution[:10]}"),
            profile=asked.profile,
            device=asked.device,
            gpu_bytes=declared_gpu_bytes(accepted.lab.profiles.get(asked.profile), asked.device),
        )

    def _choose(self, tasks: Sequence[Task], asked: Asked) -> list[str]:
        """Add what is not done as jobs; what failed before is tried again."""
        faulty: set[str] = self._classroom.book.faulty_runs() if asked.only_failed else set()
        needed = [self._needed(task, again=task.exec_key in faulty) for task in tasks]
        chosen = [task for task in needed if task is not None]
        if asked.only_failed:
            states = self.ledger.states([task.key for task in chosen])
            chosen = [task for task in chosen if states.get(task.key) == FAILED or task.exec_key in faulty]
        chosen = chosen[: asked.limit]
        self.add(chosen)
        return [task.key for task in chosen]

    def _needed(self, task: Task, *, again: bool) -> Task | None:
        """Return what is left to do of a task; `again`: also where it was judged by the checks as they are."""
        book = self._classroom.book
        times = book.times_judged(task.judge_key)
        if times and not again:
            return None
        if times:
            key = judge_key(task.exec_key, self.facts(find_lab(self._classroom.labs, task.lab_id)), times)
            task = replace(task, key=key, judge_key=key)
        folder = book.executed(task.exec_key)
        if folder is not None and Path(folder, "manifest.json").is_file():
            return replace(task, kind="judge", run_folder=folder)
        return task

    def add(self, tasks: Sequence[Task]) -> None:
        """Add jobs; those that failed before are ready again."""
        self._tasks |= {task.key: task for task in tasks}
        self.ledger.add(Job(task.key, task.kind, msgspec.to_builtins(task)) for task in tasks)
        self.ledger.retry([task.key for task in tasks])
