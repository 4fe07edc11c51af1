"""A batch on a real Ray cluster of three nodes on this machine; a node is lost, nothing else is."""

import asyncio
import json
import socket
import time
from dataclasses import replace

import psutil
import pytest
import sqlalchemy as sa

from grader.batch import node
from grader.batch.node import Orders
from grader.batch.spool import Outcome, Spool
from grader.errors import MachineFault
from grader.gradebook.book import open_gradebook
from grader.gradebook.database import reading
from grader.gradebook.tables import attempt
from grader.grading.project import project
from tests.fakes.batches import a_task
from tests.fakes.classes import small_class, start
from tests.fakes.ray_cluster import VARIABLES, private_cluster
from tests.fakes.recorded import assert_nobody_is_left, assert_nothing_twice

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.slow]
GIB = 1024**3
STUDENTS = 6


@pytest.fixture(scope="module")
def cluster():
    with private_cluster({"num_cpus": 1}, {"num_cpus": 1}, {"num_cpus": 2, "num_gpus": 1}) as nodes:
        yield nodes


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


@pytest.fixture
def orders(spool, tmp_path):
    """Orders whose workers tell the GPU that they see, and sleep as long as there is a file."""
    program = """
import os, sys, time
from grader.batch.parents import die_with_parent
die_with_parent(int(sys.argv[1]))
print(os.getpid(), os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
while os.path.exists("wait"):
    time.sleep(0.05)
"""
    return Orders((node.PYTHON, "-c", program, node.PARENT), {}, str(tmp_path), str(spool.folder))


async def first_line(spool, key):
    """What the worker of a job has printed, as soon as it has."""
    while not spool.log(key).is_file() or not spool.log(key).read_text().endswith("\n"):
        await asyncio.sleep(0.05)
    return spool.log(key).read_text().split()


def gone(pid):
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return True


def test_jobs_share_a_gpu_by_the_memory_that_they_declare_and_others_see_none(cluster, orders, spool, tmp_path):
    from grader.batch.ray_engine import RayEngine, Strength, connected

    for key, declared in (("one", 4 * GIB), ("two", 4 * GIB), ("whole", 0), ("none", None)):
        spool.write_task(a_task(key, gpu_bytes=declared))
    (tmp_path / "wait").touch()

    async def together(engine):
        running = [asyncio.create_task(engine.run(key)) for key in ("one", "two", "none")]
        seen = {key: (await first_line(spool, key))[1:] for key in ("one", "two", "none")}
        late = asyncio.create_task(engine.run("whole"))
        await asyncio.sleep(1)
        assert not spool.log("whole").is_file() or not spool.log("whole").read_text()
        (tmp_path / "wait").unlink()
        await asyncio.gather(*running, late)
        return seen | {"whole": (await first_line(spool, "whole"))[1:]}

    with connected(cluster.address, orders) as engine:
        assert engine.strength == Strength(4, 0)  # the driver, which is not here, would know the memory
        seen = asyncio.run(together(RayEngine(orders, Strength(4, 8 * GIB), 0)))

    assert seen == {"one": ["0"], "two": ["0"], "none": [], "whole": ["0"]}


def test_a_worker_dies_with_rays_process_and_the_loss_is_told(cluster, orders, spool, tmp_path):
    from grader.batch.ray_engine import connected

    (tmp_path / "wait").touch()

    async def lose(engine):
        running = asyncio.create_task(engine.run("k"))
        pid = int((await first_line(spool, "k"))[0])
        psutil.Process(pid).parent().kill()
        return await running, pid

    with connected(cluster.address, orders) as engine:
        words, pid = asyncio.run(lose(engine))

    assert words == "the process of Ray that had started it was killed or crashed"
    assert gone(pid)


def test_a_job_that_waits_for_a_machine_can_be_taken_back(cluster, orders, spool):
    from grader.batch.ray_engine import RayEngine, Strength, connected

    spool.write_task(a_task("k", gpu_bytes=0))

    async def take_back(engine):
        blocked = asyncio.create_task(engine.run("first"))
        running = asyncio.create_task(engine.run("k"))
        await asyncio.sleep(0.5)
        engine.kill("k")
        engine.kill("first")
        return await running, await blocked

    with connected(cluster.address, orders):
        engine = RayEngine(replace(orders, command=(node.PYTHON, "-c", "import time; time.sleep(60)")), Strength(4, 0))
        spool.write_task(a_task("first", gpu_bytes=0))
        assert asyncio.run(take_back(engine)) == ("it was killed by signal 9", "it was killed by signal 9")


def test_an_outcome_that_is_seen_late_is_waited_for(cluster, orders, spool):
    from grader.batch.ray_engine import RayEngine, Strength, connected

    async def run(engine):
        asyncio.get_running_loop().call_later(4, spool.write_outcome, Outcome("k", "graded"))
        await engine.run("k")
        return spool.outcome("k")

    with connected(cluster.address, orders):
        assert asyncio.run(run(RayEngine(orders, Strength(4, None)))) == Outcome("k", "graded")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"installed": "another"}, "other packages"),
        ({"landmarks": {"/shared/mark": "1234"}}, "/shared/mark is not there, or another one"),
    ],
)
def test_machines_that_are_not_like_this_one_are_refused(cluster, orders, changes, words):
    from grader.batch.ray_engine import connected

    with pytest.raises(MachineFault, match=words) as caught, connected(cluster.address, replace(orders, **changes)):
        pass
    assert caught.value.code == "GR609"


def test_where_no_cluster_is_that_is_said_soon(orders):
    from grader.batch.ray_engine import connected

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{taken.getsockname()[1]}"
        for address in (nobody, "ray://127.0.0.1:10001", "nonsense"):
            with pytest.raises(MachineFault) as caught, connected(address, orders):
                pass
            assert caught.value.code == "GR609"
            assert address in caught.value.message


def worker_to_lose(cluster, course):
    """A worker of the batch that is at work on a node other than the head."""
    while True:
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            ours = "work" in words and "--parent" in words and str(course / "runs" / ".spool") in words
            if ours and cluster.away_from_the_head(process):
                return process
        time.sleep(0.1)


def test_a_node_is_lost_mid_batch_and_its_job_is_done_elsewhere(cluster, tmp_path):
    course = small_class(tmp_path, {f"s{number}": f"left + right + {number}" for number in range(STUDENTS)})
    batch = ("batch", f"file://{tmp_path}/handed-in", "--engine", "ray", "--ray-address", cluster.address, "--json")
    process = start(course, *batch, variables=VARIABLES)
    victim = worker_to_lose(cluster, course)
    key = victim.cmdline()[-1]
    time.sleep(1)
    cluster.kill(victim)
    out, err = process.communicate(timeout=240)

    assert process.returncode == 0, err
    done = json.loads(out)
    assert done["counts"] == {"graded": STUDENTS}
    assert {entry["sid"]: entry["points"] for entry in done["standings"]} == {
        f"s{number}": 10 if number == 0 else 5 for number in range(STUDENTS)
    }
    history = attempts(course)
    assert history.pop(key) == ["lost", "done"]
    assert len(history) == STUDENTS - 1
    # the node may have had a second job
    assert sorted(map(tuple, history.values())) in ([("done",)] * 5, [*[("done",)] * 4, ("lost", "done")])
    assert_nothing_twice(course, STUDENTS)
    assert_nobody_is_left(course)


def attempts(course):
    book = open_gradebook(str(course / "runs" / "gradebook.db"), "test", project)
    with reading(book.engine) as connection:
        rows = connection.execute(sa.select(attempt.c.job_key, attempt.c.outcome).order_by(attempt.c.id)).all()
    book.close()
    return {key: [row.outcome for row in rows if row.job_key == key] for key in {row.job_key for row in rows}}
