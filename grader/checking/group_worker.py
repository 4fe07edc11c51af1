"""The process that measures many runs together: reads a job, appends one answer per line."""

import sys
from pathlib import Path

import msgspec

from grader.checking.grouping import GroupAnswer, GroupJob
from grader.checking.job import read_job
from grader.checking.measured import bound_gpu_memory
from grader.measuring.evaluating import Room
from grader.measuring.groups import measure_groups
from grader.sandbox.ending import end, import_much

#: What a process may hold when nothing bounds it.
_MEMORY = 8 * 1024**3


def main(arguments: list[str]) -> int:
    """Measure what a file describes.

    Args:
        arguments: the path of the job's file.

    Returns:
        0; the answers are in the job's file.
    """
    work = read_job(Path(arguments[0]), GroupJob)
    bound_gpu_memory(work.gpu, work.limits)
    with work.answers.open("ab", buffering=0) as file:

        def tell(answer: GroupAnswer) -> None:
            file.write(msgspec.json.encode(answer) + b"\n")

        for part in measure_groups(
            work.entries, work.when, _room(work), lambda key, value: tell(GroupAnswer(key, value))
        ):
            tell(GroupAnswer(part=part))
    return 0


def _room(work: GroupJob) -> Room:
    """A quarter of the memory each for weights and activations: weights pass through the machine's memory first."""
    machine = work.limits.memory_bytes or _MEMORY
    if work.gpu is None:
        return Room(machine // 8, machine // 4)
    device = min(work.limits.gpu_memory_bytes or _MEMORY, work.gpu.memory_bytes)
    return Room(min(device, machine) // 4, device // 4)


if __name__ == "__main__":
    import_much()
    end(lambda: sys.exit(main(sys.argv[1:])))
