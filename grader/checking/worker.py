"""The check process: reads a job, runs its checks with pytest, appends one verdict per line."""

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.checking import fixtures
from grader.checking.job import CheckJob, WorkerJob, read_job
from grader.checking.measured import Measurer, bound_gpu_memory, injected, inputs_of
from grader.checking.plugin import JudgePlugin
from grader.errors import InternalFault
from grader.measuring.registry import measure
from grader.model.files import read_json
from grader.model.lab import MeasurementSpec
from grader.model.run import RunResult
from grader.model.verdict import Verdict
from grader.sandbox.ending import end, import_much


def judge(work: WorkerJob) -> int:
    """Run the checks of a job in this process.

    Args:
        work: the job and the checks that must answer.

    Returns:
        pytest's exit code; it decides nothing.
    """
    root = work.job.lab.checks_root
    # the author's helper modules, last of all places: they can replace nothing
    sys.path.append(str(root))
    try:
        with work.answers.open("ab", buffering=0) as file:

            def answer(verdict: Verdict) -> None:
                file.write(msgspec.json.encode(verdict) + b"\n")

            plugins = [JudgePlugin(work, _measurer(work.job), answer), fixtures]
            return int(pytest.main(_arguments(work), plugins=plugins))
    finally:
        sys.path.remove(str(root))


def _arguments(work: WorkerJob) -> list[str]:
    lab = work.job.lab
    wanted = {check.module for check in work.checks}
    modules = [path for path in (*lab.check_modules, *lab.hidden_check_modules) if path.name in wanted]
    config = Path(__file__).with_name("pytest.toml")
    return [
        *("-c", str(config), f"--rootdir={lab.checks_root}", f"--confcutdir={lab.checks_root}", "--noconftest"),
        *("--import-mode=importlib", "--continue-on-collection-errors", "--capture=no", "--color=no", "--tb=short"),
        *("-p", "no:cacheprovider", "-p", "no:doctest", "-p", "no:unittest", "-p", "no:junitxml", "-q"),
        # it would look for cycles in all of torch, twice
        *("-p", "no:unraisableexception", "--disable-plugin-autoload"),
        *(str(path) for path in modules),
    ]


def _measurer(job: CheckJob) -> Measurer:
    def measure_one(spec: MeasurementSpec) -> dict[str, Any]:
        run = read_json(job.run_folder / "run.json", RunResult)
        return measure(injected(spec, run.parameters), inputs_of(job))

    bound_gpu_memory(job.gpu, job.limits)
    return measure_one


def main(arguments: list[str]) -> int:
    """Judge the job that a file describes.

    Args:
        arguments: the path of the job's file.

    Returns:
        0 when pytest came to its end, whatever the checks said; the answers are in the job's file.
    """
    code = judge(read_job(Path(arguments[0]), WorkerJob))
    if code in {pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}:
        raise InternalFault("GR501", f"pytest ended with {pytest.ExitCode(code).name}.")
    return 0


if __name__ == "__main__":
    import_much()
    end(lambda: sys.exit(main(sys.argv[1:])))
