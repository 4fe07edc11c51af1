"""GPU lanes: what fits runs together, what does not waits, and CPU work never does."""

import asyncio

import pytest

from grader.batch.lanes import Lanes, gpu_share
from grader.batch.spool import Spool, Task
from grader.model.device import Gpu
from tests.fakes.programs import by_command

GIB = 1024**3


def gpu(number: int, gib: int) -> Gpu:
    return Gpu(number, f"GPU-{number}", "Test", "1", gib * GIB, (9, 0))


async def together(lanes: Lanes, wanted: list[int | None]) -> list[set[int]]:
    """Start jobs that each hold a lane until all that can run do; returns who ran together, wave by wave."""
    running: set[int] = set()
    waves: list[set[int]] = []
    release = asyncio.Event()

    async def job(number: int, memory: int | None) -> str | None:
        async with lanes.lane(memory) as found:
            running.add(number)
            await release.wait()
            running.discard(number)
            return found.uuid if found else None

    tasks = [asyncio.create_task(job(number, memory)) for number, memory in enumerate(wanted)]
    while not all(task.done() for task in tasks):
        for _ in range(20):
            await asyncio.sleep(0)
        waves.append(set(running))
        release.set()
        await asyncio.sleep(0)
        release.clear()
        for _ in range(20):
            await asyncio.sleep(0)
    return [wave for wave in waves if wave]


def test_jobs_share_a_gpu_as_long_as_what_they_declare_fits():
    assert asyncio.run(together(Lanes([gpu(0, 24)]), [10 * GIB, 10 * GIB, 10 * GIB])) == [{0, 1}, {2}]


def test_a_job_that_declares_nothing_takes_a_whole_gpu():
    assert asyncio.run(together(Lanes([gpu(0, 24)]), [0, GIB])) == [{0}, {1}]


def test_a_job_that_declares_more_than_there_is_gets_a_whole_gpu():
    assert asyncio.run(together(Lanes([gpu(0, 8)]), [100 * GIB])) == [{0}]


def test_two_gpus_take_two_large_jobs():
    assert asyncio.run(together(Lanes([gpu(0, 24), gpu(1, 24)]), [20 * GIB, 20 * GIB])) == [{0, 1}]


def test_a_job_that_names_its_gpu_waits_for_that_one():
    async def main() -> list[str | None]:
        lanes, seen = Lanes([gpu(0, 24), gpu(1, 24)]), []
        for index in (1, 0, None, 7):
            async with lanes.lane(0, index) as found:
                seen.append(found and found.uuid)
        async with lanes.lane(0, 1):
            waiting = asyncio.create_task(lanes.lane(0, 1).__aenter__())
            await asyncio.sleep(0.01)
            seen.append("runs" if waiting.done() else "waits")
            waiting.cancel()
        return seen

    assert asyncio.run(main()) == ["GPU-1", "GPU-0", "GPU-0", None, "waits"]


def test_a_job_waits_for_a_gpu_that_is_large_enough_and_no_smaller_one_is_taken_for_it():
    lanes = Lanes([gpu(0, 80), gpu(1, 24)])

    assert asyncio.run(together(lanes, [60 * GIB, 40 * GIB])) == [{0}, {1}]


def test_a_whole_gpu_is_taken_where_one_is_free_though_another_has_more_room():
    assert asyncio.run(together(Lanes([gpu(0, 80), gpu(1, 24)]), [30 * GIB, 0])) == [{0, 1}]


def test_work_on_the_cpu_goes_on_around_them():
    assert asyncio.run(together(Lanes([gpu(0, 8)]), [0, None, 0, None])) == [{0, 1, 3}, {2}]


def test_the_lane_names_the_gpu_and_comes_back_after_a_failure():
    async def main() -> str:
        lanes = Lanes([gpu(0, 8)])
        with pytest.raises(ValueError, match="broke"):
            async with lanes.lane(0):
                raise ValueError("broke")
        async with lanes.lane(0) as found:
            return found.uuid

    assert asyncio.run(main()) == "GPU-0"


def test_without_a_gpu_nobody_waits():
    assert asyncio.run(together(Lanes([]), [0, GIB])) == [{0, 1}]


def test_the_worker_of_a_job_on_a_gpu_sees_that_one_alone(tmp_path):
    spool = Spool(tmp_path / "spool")
    facts = dict.fromkeys(("exec_key", "judge_key", "lab_id", "student_id", "notebook", "run_folder", "profile"), "")
    for key, device, memory in (("gpu", "cuda", 0), ("second", "cuda:1", 0), ("cpu", "cpu", None)):
        spool.write_task(Task(key=key, kind="grade", submission=1, inputs={}, device=device, gpu_bytes=memory, **facts))
    program = "import os; print(os.environ.get('CUDA_VISIBLE_DEVICES', 'none'))"
    engine = by_command(program, spool, {}, [gpu(0, 8), gpu(1, 8)])

    for key, seen in (("gpu", "GPU-0"), ("second", "GPU-1"), ("cpu", "none")):
        assert asyncio.run(engine.run(key)) == "it ended with exit code 0"
        assert spool.log(key).read_text().strip() == seen


@pytest.mark.parametrize(
    ("declared", "smallest", "share"),
    [
        (None, 8 * GIB, 0),  # needs none
        (2 * GIB, None, 0),  # none is there
        (0, 8 * GIB, 1),  # declares nothing
        (2 * GIB, 0, 1),  # nobody knows what there is
        (16 * GIB, 8 * GIB, 1),
        (2 * GIB, 8 * GIB, 0.25),
        (GIB, 3 * GIB, 0.3334),  # three of them may not fit, but never too many
    ],
)
def test_a_job_asks_a_cluster_for_its_part_of_the_smallest_gpu(declared, smallest, share):
    assert gpu_share(declared, smallest) == share
