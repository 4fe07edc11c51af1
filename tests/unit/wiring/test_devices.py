"""Where models run, and what is said of a GPU that is not used."""

import sys

import pytest

from grader.errors import MachineFault, UsageFault
from grader.model.lab import Limits, Profile
from grader.wiring import devices
from grader.wiring.devices import choose_device, declared_gpu_bytes, gpus_in_words, torch_cuda, usable_gpus
from tests.fakes.nvml import Card, Nvml


def machine(monkeypatch, *cards, cuda="13.0"):
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(*cards))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "torch_cuda", lambda: cuda)


BIG, SMALL = Card("GPU-a", free=30), Card("GPU-b", free=20)


def test_the_gpu_with_the_most_free_memory_is_taken(monkeypatch):
    machine(monkeypatch, SMALL, BIG)

    chosen = choose_device("cuda", "cpu")

    assert (chosen.kind, chosen.gpu and chosen.gpu.index, chosen.notice) == ("cuda", 1, None)


@pytest.mark.parametrize(
    ("wanted", "device", "declared", "planned"),
    [("auto", "cuda", 8, 8), ("auto", "cpu", 8, None), ("cuda", "cpu", 8, 8), ("auto", "cuda", None, 0)],
)
def test_a_run_is_planned_by_what_its_profile_declares(monkeypatch, wanted, device, declared, planned):
    machine(monkeypatch, BIG)
    profile = Profile("full", {}, Limits(gpu_memory_bytes=declared), device)

    assert declared_gpu_bytes(profile, wanted) == planned
    assert declared_gpu_bytes(None, wanted) is None


def test_a_number_names_a_gpu(monkeypatch):
    machine(monkeypatch, SMALL, BIG)

    assert choose_device("cuda:0", "cpu").gpu.uuid == "GPU-b"
    with pytest.raises(MachineFault, match=r"GR601 .*no cuda:2"):
        choose_device("cuda:2", "cpu")


@pytest.mark.parametrize(("profile", "kind"), [("cpu", "cpu"), ("cuda", "cuda"), ("auto", "cuda")])
def test_auto_takes_what_the_profile_asks_for(monkeypatch, profile, kind):
    machine(monkeypatch, BIG)

    assert choose_device("auto", profile).kind == kind


def test_auto_says_why_it_falls_back_to_the_cpu(monkeypatch):
    machine(monkeypatch)

    chosen = choose_device("auto", "auto")

    assert (chosen.kind, chosen.notice.code) == ("cpu", "GR607")
    assert "no GPU" in chosen.notice.message


def test_a_profile_for_a_gpu_that_is_run_on_the_cpu_says_so(monkeypatch):
    machine(monkeypatch, BIG)

    assert choose_device("cpu", "cuda").notice.code == "GR607"
    assert choose_device("cpu", "auto").notice is None


def test_a_profile_that_needs_a_gpu_is_refused_without_one(monkeypatch):
    machine(monkeypatch)

    with pytest.raises(MachineFault, match="GR601"):
        choose_device("auto", "cuda")


def test_a_gpu_beside_a_torch_for_the_cpu_cannot_be_used(monkeypatch):
    machine(monkeypatch, BIG, cuda=None)

    assert usable_gpus()[0] == ()
    with pytest.raises(MachineFault, match="build for the CPU"):
        choose_device("cuda", "cpu")


@pytest.mark.parametrize("wanted", ["tpu", "cuda:", "cuda:x", "CPU", ""])
def test_another_device_does_not_exist(wanted):
    with pytest.raises(UsageFault, match="GR104"):
        choose_device(wanted, "cpu")


def test_the_version_of_cuda_is_read_without_importing_torch(monkeypatch, tmp_path):
    import torch

    assert torch_cuda() == torch.version.cuda
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda _name: None)
    assert torch_cuda() is None


def test_the_gpus_are_told_in_words(monkeypatch):
    machine(monkeypatch, BIG)
    assert gpus_in_words() == "cuda:0, NVIDIA Test 24GB, 24 GiB, driver 570.1, bf16"
    machine(monkeypatch)
    assert gpus_in_words().startswith("none: this machine has no GPU")
