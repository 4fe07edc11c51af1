import importlib.metadata
import os
import shutil
import socket
import sys

import pytest
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from grader import doctor
from grader.sandbox.base import Contained, Promise, Sandbox


class Box(Sandbox):
    def __init__(self, name, missing=None, official=True, lacks=(), leaks=None):
        self._leaks = leaks
        self._promise = Promise(name, official, ("files",), lacks)
        self._missing = missing

    def promise(self):
        return self._promise

    def available(self):
        return self._missing

    def leaks(self):
        return self._leaks

    def run(self, command, on_tick=None):
        return Contained(0, None, None, "", 0, 0, 0, 0)


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "requirements.lock"
    path.write_text(f"# comment\npytest=={importlib.metadata.version('pytest')}\n")
    return path


def findings(lock, tmp_path, *boxes):
    found = doctor.examine(
        boxes or (Box("strong"),), lock, tmp_path / "cache" / "deep", tmp_path / "runs", "none: no driver"
    )
    return {finding.subject: finding for finding in found}


def test_a_good_machine_works_in_every_essential_point(lock, tmp_path):
    found = findings(lock, tmp_path)

    assert [name for name, finding in found.items() if not finding.works] == []
    assert found["Python"].detail == ".".join(map(str, sys.version_info[:3]))


def test_packages_that_differ_from_the_lock_are_named(lock, tmp_path):
    lock.write_text("pytest==0.0.1\nno-such-package==1.0\n" + "".join(f"missing{i}==1\n" for i in range(5)))

    packages = findings(lock, tmp_path)["Packages"]

    assert not packages.works
    assert packages.detail.startswith("7 differ")
    assert "pytest" in packages.detail
    assert packages.detail.endswith("...")


def test_a_local_build_of_torch_counts_as_its_version(lock, tmp_path):
    lock.write_text("torch==2.13.0\n")

    assert findings(lock, tmp_path)["Packages"].works


def test_a_course_without_a_lock_is_not_broken(lock, tmp_path):
    lock.unlink()

    assert findings(lock, tmp_path)["Packages"].works


def test_the_strongest_sandbox_that_works_is_named_with_what_it_lacks(lock, tmp_path):
    sandbox = findings(
        lock, tmp_path, Box("strong", missing="no bwrap"), Box("weak", official=False, lacks=("network",))
    )

    assert sandbox["Sandbox"].works
    assert sandbox["Sandbox"].detail.startswith(
        "weak (your own machine only): covers files. Not covered: network. Stronger ones:"
    )
    assert "no bwrap" in sandbox["Sandbox"].detail


def test_a_sandbox_that_leaks_is_passed_over(lock, tmp_path):
    leaking = Box("strong", leaks="a file was read")

    sandbox = findings(lock, tmp_path, leaking, Box("weak", official=False))["Sandbox"]

    assert sandbox.detail.startswith("weak")
    assert "a file was read" in sandbox.detail


def test_a_machine_without_any_sandbox_is_told_why(lock, tmp_path):
    sandbox = findings(lock, tmp_path, Box("strong", missing="no bwrap"))["Sandbox"]

    assert not sandbox.works
    assert "no bwrap" in sandbox.detail


def test_a_missing_kernel_has_a_cure(lock, tmp_path, monkeypatch):
    def missing(self, name):
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", missing)

    kernel = findings(lock, tmp_path)["Kernel"]

    assert not kernel.works
    assert kernel.cure == "Run `make setup`."


def test_a_machine_without_loopback_is_told_who_needs_it(lock, tmp_path, monkeypatch):
    def refused(address):
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr(socket, "create_server", refused)

    assert "Hub" in findings(lock, tmp_path)["Loopback"].cure


def test_a_full_disk_and_a_locked_folder_are_found(lock, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1024))
    assert "Free some space" in findings(lock, tmp_path)["Cache"].cure

    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).startswith(str(tmp_path)))
    assert "GRADER_RUNS" in findings(lock, tmp_path)["Runs"].cure
