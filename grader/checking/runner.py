"""Has the checks judged in a sandbox, and makes sure that every one of them has a verdict."""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from grader.checking.declared import checks_sha256, declared_checks
from grader.checking.job import CheckJob, WorkerJob, write_job
from grader.checking.judge import our_fault
from grader.errors import UsageFault
from grader.model.artifact import ArtifactManifest
from grader.model.files import read_json, read_untrusted, write_json
from grader.model.verdict import DeclaredCheck, Verdict, Verdicts, VerdictStatus
from grader.sandbox.base import Command, Contained, Sandbox

#: Bytes of the verdicts of one run, and of the log that is kept for staff.
ANSWER_LIMIT = 32 * 1024**2
LOG_LIMIT = 8_000
#: Packages whose versions belong to a verdict.
PACKAGES = ("pytest", "torch", "transformers", "tokenizers", "safetensors", "scikit-learn")
#: Variables of this process that the check process keeps: where its interpreter and its GPU are found.
INHERITED = ("PATH", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")


def run_checks(job: CheckJob, sandbox: Sandbox) -> Verdicts:
    """Judge a collected run; writes verdicts.json into its folder.

    A check that gave no verdict, or one that cannot be read, is our fault and never a pass. What checks answered
    before the check process crashed or was stopped stands.

    Args:
        job: the run, the lab and what to judge it with.
        sandbox: contains the check process.

    Returns:
        One verdict for every check that was asked for, in the author's order.

    Raises:
        LabFault: GR202 or GR204, the check modules are not valid.
        UsageFault: GR105, `job.only` names no check; GR103, the run folder has no manifest.
        GraderError: the sandbox failed, or verdicts.json could not be written.
    """
    started = time.perf_counter()
    job = absolute(job)
    checks = select(declared_checks(job.lab), job.only)
    run_id = read_json(job.run_folder / "manifest.json", ArtifactManifest).run_id
    job.cache_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="grader-checks-", ignore_cleanup_errors=True) as name:
        scratch = Path(name).resolve()
        answers, log = scratch / "verdicts.jsonl", scratch / "checks.log"
        write_job(scratch / "job.json", WorkerJob(job, checks, answers))
        contained = sandbox.run(_command(job, scratch, log))
        verdicts = assemble(checks, read_untrusted(answers, ANSWER_LIMIT), how_it_ended(contained, log))
    result = Verdicts(
        run_id=run_id,
        lab_id=job.lab.id,
        verdicts=verdicts,
        checks_sha256=checks_sha256(job.lab),
        device=job.device,
        seconds=round(time.perf_counter() - started, 3),
        versions=_versions(),
    )
    write_json(job.run_folder / "verdicts.json", result)
    return result


def select(checks: tuple[DeclaredCheck, ...], only: Sequence[str]) -> tuple[DeclaredCheck, ...]:
    """Return the checks that are asked for, with those that they need, in the author's order.

    Args:
        checks: all checks of the lab.
        only: names; all checks when empty.

    Returns:
        The selection.

    Raises:
        UsageFault: GR105, a name is no check of the lab.
    """
    known = {check.id: check for check in checks}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise UsageFault("GR105", f"The lab has no check {', '.join(unknown)}.")
    wanted, open_names = set[str](), list(only or known)
    while open_names:
        name = open_names.pop()
        if name not in wanted:
            wanted.add(name)
            open_names += known[name].needs
    return tuple(check for check in checks if check.id in wanted)


def assemble(checks: tuple[DeclaredCheck, ...], answers: bytes, why: str) -> tuple[Verdict, ...]:
    """Give every check its verdict.

    Args:
        checks: those that must answer.
        answers: one verdict per line, as the check process appended them.
        why: how the check process ended, for the staff field of a check without a verdict.

    Returns:
        One verdict per check, in order; our fault where there is none, more than one, or one that makes no sense.
    """
    found: dict[str, list[Verdict]] = {}
    for line in answers.splitlines():
        try:
            verdict = msgspec.json.decode(line, type=Verdict)
        except msgspec.MsgspecError:
            continue  # the process ended while it wrote this line: the check has no verdict
        found.setdefault(verdict.check.id, []).append(verdict)
    return tuple(_one(check, found.get(check.id, []), why) for check in checks)


def _one(check: DeclaredCheck, answers: list[Verdict], why: str) -> Verdict:
    if len(answers) != 1:
        return our_fault(check, f"GR502: {len(answers)} verdicts. {why}")
    verdict = answers[0]
    if verdict.check != check or not _sound(verdict):
        return our_fault(check, f"GR502: the verdict makes no sense: {verdict.status}, {verdict.fraction}. {why}")
    return verdict


def _sound(verdict: Verdict) -> bool:
    fraction = verdict.fraction
    match verdict.status:
        case VerdictStatus.PASSED:
            return fraction == 1.0
        case VerdictStatus.PARTLY:
            return fraction is not None and 0.0 < fraction < 1.0
        case VerdictStatus.FAILED:
            return fraction == 0.0
        case VerdictStatus.NOT_JUDGED:
            return fraction is None or fraction == 0.0
        case VerdictStatus.OUR_FAULT:
            return fraction is None


def absolute(job: CheckJob) -> CheckJob:
    """Return the job with paths that mean the same in another working directory."""
    lab = job.lab
    return replace(
        job,
        run_folder=job.run_folder.resolve(),
        bases={name: path.resolve() for name, path in job.bases.items()},
        cache_dir=job.cache_dir.resolve(),
        hub_base=job.hub_base.resolve() if job.hub_base else None,
        lab=replace(
            lab,
            check_modules=tuple(path.resolve() for path in lab.check_modules),
            hidden_check_modules=tuple(path.resolve() for path in lab.hidden_check_modules),
            checks_root=lab.checks_root.resolve(),
            toml=lab.toml.resolve(),
        ),
    )


def _command(job: CheckJob, scratch: Path, log: Path) -> Command:
    return Command(
        argv=(sys.executable, "-I", "-B", "-m", "grader.checking.worker", str(scratch / "job.json")),
        cwd=scratch,
        environment=check_environment(job, scratch),
        limits=job.limits,
        writable=(scratch, job.cache_dir),
        readable=(job.run_folder, job.lab.checks_root, job.lab.toml.parent, *hub_folders(job)),
        stdout=log,
        gpu=job.device == "cuda",
    )


def hub_folders(job: CheckJob) -> tuple[Path, ...]:
    """Return what a check process reads of the Hub: its base holds the plain folders of its repositories."""
    base = (job.hub_base,) if job.hub_base else ()
    return (*base, *(path for path in job.bases.values() if not job.hub_base or job.hub_base not in path.parents))


def check_environment(job: CheckJob, scratch: Path) -> dict[str, str]:
    """Return the variables of a process that measures or judges.

    Args:
        job: its limits and its GPU.
        scratch: the folder that it may write.
    """
    threads = str(job.limits.threads)
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "USER": "grader",  # a library that asks finds no entry in passwd for the user of a box
        "LOGNAME": "grader",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(scratch / "hf"),
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        **({"CUDA_VISIBLE_DEVICES": job.gpu.uuid} if job.gpu else {}),
    }


def how_it_ended(contained: Contained, log: Path) -> str:
    """Say how a check process ended, with the end of its log."""
    ending = f"exit code {contained.exit_code}, signal {contained.signal}"
    if contained.limit:
        ending = f"stopped at a limit: {contained.limit} {contained.detail}"
    return f"The check process ended: {ending}.\n{read_untrusted(log, 2**26).decode('utf-8', 'replace')[-LOG_LIMIT:]}"


def _versions() -> dict[str, str]:
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
