"""What only a GPU can show; run by `make gpu`, skipped by name everywhere else."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.measuring.causal_memory import Training, ask_cuda, count, predict
from grader.model.lab import Limits
from grader.sandbox.base import Command
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.gpus import free_bytes, wait_for_leftovers
from grader.wiring.devices import choose_device, usable_gpus
from tests.fakes.boxes import needs_boxes

GPUS, REASON = usable_gpus()
pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not GPUS, reason=REASON or "a GPU is here")]

SMALL = {
    "vocab_size": 1000,
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
}
MIB = 1024**2


@pytest.mark.parametrize("method", ["full", "lora"])
def test_storages_and_prediction_agree_with_the_allocator(method):
    training = Training(SMALL, method, 4, 128)
    said = ask_cuda(training, "cuda")

    assert count(training, "cuda")["peak"] == pytest.approx(said.allocated - said.workspaces, rel=0.05)
    assert predict(training)["peak"] == pytest.approx(said.allocated - said.workspaces, rel=0.3)
    assert said.reserved >= said.allocated


def test_many_models_at_once_give_what_each_gives_alone():
    from bench.gpu.many import measure_many

    measured = measure_many("cuda", students=4, batches=1)

    assert measured["checkpoints"]["largest_difference"] < 1e-4
    assert measured["adapters"]["largest_difference"] < 1e-4


def in_a_box(tmp_path, code, name="box", **limits):
    box = tmp_path / name
    box.mkdir()
    gpu = choose_device("cuda", "cuda").gpu
    environment = {"HOME": str(box), "PATH": "/usr/bin:/bin", "CUDA_VISIBLE_DEVICES": gpu.uuid}
    command = Command(
        (sys.executable, "-I", "-c", code),
        box,
        environment,
        Limits(**limits),
        (box,),
        stdout=tmp_path / f"{name}.log",
        gpu=True,
    )
    return BubblewrapSandbox().run(command), (tmp_path / f"{name}.log").read_text()


@needs_boxes
def test_a_box_sees_the_gpu_and_computes_on_it(tmp_path):
    code = "import torch; x = torch.ones(64, 64, device='cuda'); print('sum', (x @ x).sum().item())"

    contained, said = in_a_box(tmp_path, code, wall_seconds=120, memory_bytes=None)

    assert (contained.exit_code, "sum 262144.0" in said) == (0, True), said


@needs_boxes
def test_the_memory_of_a_killed_run_comes_back(tmp_path):
    gpu = choose_device("cuda", "cuda").gpu
    before = free_bytes(gpu)
    code = "import torch, time; x = torch.ones(256 * 2**20, device='cuda'); print('holds', flush=True); time.sleep(600)"

    contained, said = in_a_box(tmp_path, code, wall_seconds=30, memory_bytes=None)

    assert (contained.limit, "holds" in said) == ("GR401", True), said
    assert wait_for_leftovers(gpu, contained.seen, 10.0) == frozenset()
    assert free_bytes(gpu) >= before - 128 * MIB


@needs_boxes
def test_a_run_does_not_wait_for_another_one_that_shares_its_gpu(tmp_path):
    gpu = choose_device("cuda", "cuda").gpu
    code = "import torch, time; x = torch.ones(2**20, device='cuda'); time.sleep({})"
    with ThreadPoolExecutor() as pool:
        long = pool.submit(in_a_box, tmp_path, code.format(60), "long", wall_seconds=60, memory_bytes=None)
        short, said = in_a_box(tmp_path, code.format(0), "short", wall_seconds=60, memory_bytes=None)
        left = wait_for_leftovers(gpu, short.seen, 5.0)
        still_runs = not long.done()

    assert (short.exit_code, left, still_runs) == (0, frozenset(), True), said


def test_a_fraction_bounds_what_a_process_of_ours_takes():
    code = (
        "import torch; torch.cuda.set_per_process_memory_fraction(0.01)\n"
        "try: torch.empty(torch.cuda.get_device_properties(0).total_memory // 2, dtype=torch.uint8, device='cuda')\n"
        "except torch.OutOfMemoryError: print('held')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=False
    )

    assert done.stdout.strip() == "held", done.stderr
