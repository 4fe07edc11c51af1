"""What the driver says of GPUs and of who uses them."""

import sys

import pytest

from grader.sandbox.gpus import find_gpus, free_bytes, gpu_processes, wait_for_leftovers
from tests.fakes.nvml import Card, Nvml

TWO = (Card("GPU-aaaa"), Card("GPU-bbbb", "NVIDIA Old 8GB", 8 * 1024**3, 1024**3, (7, 5), [12]))


@pytest.fixture
def driver(monkeypatch):
    nvml = Nvml(*TWO)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    yield nvml
    assert nvml.open == 0


@pytest.fixture
def no_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(works=False))


def test_gpus_are_described_in_the_order_of_the_driver(driver):
    new, old = find_gpus({})

    assert (new.index, new.uuid, new.driver, new.capability) == (0, "GPU-aaaa", "570.1", (9, 0))
    assert (new.bf16, old.bf16) == (True, False)
    assert old.sentence == "cuda:1, NVIDIA Old 8GB, 8 GiB, driver 570.1, no bf16"


@pytest.mark.parametrize(
    ("visible", "indices"), [("1", [1]), ("0,1", [0, 1]), ("GPU-bb", [1]), ("", []), ("-1", []), ("7", [])]
)
def test_a_gpu_that_a_scheduler_hides_is_not_there(driver, visible, indices):
    assert [gpu.index for gpu in find_gpus({"CUDA_VISIBLE_DEVICES": visible})] == indices


def test_free_memory_and_processes_are_those_of_the_gpu(driver):
    new, old = find_gpus({})

    assert (free_bytes(new), free_bytes(old)) == (20 * 1024**3, 1024**3)
    assert (gpu_processes(new), gpu_processes(old)) == (frozenset(), frozenset({12}))


def test_leftovers_are_processes_of_the_run_and_not_of_its_neighbours(driver):
    _, old = find_gpus({})

    assert wait_for_leftovers(old, frozenset({11, 13}), 60.0) == frozenset()
    assert wait_for_leftovers(old, frozenset({11, 12}), 0.0) == {12}


def test_waiting_ends_when_the_last_one_is_gone(driver, monkeypatch):
    looks = iter([[12, 13], [12, 13], [12]])
    monkeypatch.setattr(driver, "nvmlDeviceGetComputeRunningProcesses", lambda _card: [Pid(pid) for pid in next(looks)])

    assert wait_for_leftovers(find_gpus({})[1], frozenset({13, 14}), 60.0) == frozenset()
    assert list(looks) == []


class Pid:
    def __init__(self, pid):
        self.pid = pid


def test_a_machine_without_a_driver_has_no_gpu(no_driver, driver_gpu):
    assert find_gpus({}) == ()
    assert free_bytes(driver_gpu) == 0
    assert gpu_processes(driver_gpu) == frozenset()


@pytest.fixture
def driver_gpu(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "pynvml", Nvml(*TWO))
        return find_gpus({})[0]
