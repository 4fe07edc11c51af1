"""The check process: reads a job, runs its checks with pytest, appends one verdict per line."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.checking.job import CheckJob, WorkerJob, read_worker_job
from grader.checking.measured import Measurer
from grader.checking.plugin import JudgePlugin
from grader.errors import InternalFault
from grader.measuring.inputs import MeasuringInputs
from grader.measuring.registry import measure
from grader.model.artifact import ArtifactManifest
from grader.model.files import read_json
from grader.model.lab import MeasurementSpec, Scalar
from grader.model.run import RunResult
from grader.model.verdict import Verdict


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

            return int(pytest.main(_arguments(work), plugins=[JudgePlugin(work, _measurer(work.job), answer)]))
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
        *(str(path) for path in modules),
    ]


def _measurer(job: CheckJob) -> Measurer:
    def measure_one(spec: MeasurementSpec) -> dict[str, Any]:
        run = read_json(job.run_folder / "run.json", RunResult)
        return measure(injected(spec, run.parameters), _inputs(job))

    if job.gpu is not None and job.limits.gpu_memory_bytes is not None:
        _bound_gpu_memory(job.limits.gpu_memory_bytes / job.gpu.memory_bytes)
    return measure_one


def _bound_gpu_memory(fraction: float) -> None:
    """Let torch take no more of the GPU: beyond it a measurement fails, and the students beside it do not."""
    import torch

    torch.cuda.set_per_process_memory_fraction(min(1.0, fraction))


def injected(spec: MeasurementSpec, parameters: Mapping[str, Scalar]) -> MeasurementSpec:
    """Put the values of the run in the place of options that name a parameter.

    Args:
        spec: as lab.toml declares it; an option `$rows` stands for the parameter `rows`.
        parameters: what was injected.

    Returns:
        The measurement as it is made.
    """
    options = {
        name: parameters[value[1:]] if isinstance(value, str) and value.startswith("$") else value
        for name, value in spec.options.items()
    }
    return replace(spec, options=options)


def _inputs(job: CheckJob) -> MeasuringInputs:
    run = read_json(job.run_folder / "run.json", RunResult)
    return MeasuringInputs(
        artifacts=job.run_folder / "artifacts",
        manifest=read_json(job.run_folder / "manifest.json", ArtifactManifest),
        bases=job.bases,
        checks_root=job.lab.checks_root,
        cache_dir=job.cache_dir,
        seed=run.seed,
        device=job.device,
    )


def main(arguments: list[str]) -> int:
    """Judge the job that a file describes.

    Args:
        arguments: the path of the job's file.

    Returns:
        0 when pytest came to its end, whatever the checks said; the answers are in the job's file.
    """
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    code = judge(read_worker_job(Path(arguments[0])))
    if code in {pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}:
        raise InternalFault("GR501", f"pytest ended with {pytest.ExitCode(code).name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
