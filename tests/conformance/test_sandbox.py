"""What every containment must do, run on each one; a new backend joins by one line in CONTAINMENTS."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from grader.errors import InternalFault, MachineFault
from grader.model.lab import Limits
from grader.sandbox import vessel
from grader.sandbox.base import Command, Contained, Sandbox, Tick
from grader.sandbox.bubblewrap import BubblewrapSandbox
from grader.sandbox.cgroup import sweep
from grader.sandbox.environ import build_environment
from grader.sandbox.own_box import NamespaceSandbox
from grader.sandbox.process import ProcessSandbox
from grader.sandbox.tree import PortableTree
from grader.sandbox.trusted import TrustedProcesses
from tests.fakes.boxes import needs_boxes, needs_namespaces
from tests.fakes.sandbox import FakeSandbox
from tests.fakes.subprocess_sandbox import SubprocessSandbox
from tests.fakes.warm import needs_forks, warm

MIB = 1024**2
BOXES = (
    pytest.param(BubblewrapSandbox, id="bubblewrap", marks=needs_boxes),
    pytest.param(NamespaceSandbox, id="namespaces", marks=needs_namespaces),
)
WARM = (
    pytest.param(lambda: warm(BubblewrapSandbox()), id="bubblewrap-warm", marks=[needs_boxes, needs_forks]),
    pytest.param(lambda: warm(NamespaceSandbox()), id="namespaces-warm", marks=[needs_namespaces, needs_forks]),
    pytest.param(lambda: warm(ProcessSandbox()), id="process-warm", marks=needs_forks),
)
BACKENDS: dict[str, Callable[[], Sandbox]] = {
    "process": ProcessSandbox,
    "fake": FakeSandbox,
    "subprocess": SubprocessSandbox,
    "trusted": lambda: TrustedProcesses(()),
}
CONTAINMENTS: dict[str, Callable[[], Sandbox]] = {"process": ProcessSandbox, "process-without-proc": ProcessSandbox}


@dataclass
class Bench:
    """Runs pieces of Python in one sandbox."""

    sandbox: Sandbox
    folder: Path

    def command(self, code: str, **limits: float | None) -> Command:
        values = {"wall_seconds": 20.0, "memory_bytes": 1024 * MIB} | limits
        return Command(
            argv=(sys.executable, "-I", "-c", textwrap.dedent(code)),
            cwd=self.folder,
            environment=build_environment(self.folder, self.folder),
            limits=Limits(**values),  # type: ignore[arg-type]  # tests give figures by name
            writable=(self.folder,),
            stdout=self.folder.parent / "output.log",
        )

    def run(self, code: str, **limits: float | None) -> Contained:
        return self.sandbox.run(self.command(code, **limits))

    @property
    def output(self) -> str:
        return (self.folder.parent / "output.log").read_text()

    def is_empty(self) -> bool:
        """Whether nothing that was started here lives, whatever number it has out here."""
        wanted = f"HOME={self.folder}".encode()
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and wanted in (entry / "environ").read_bytes() and is_alive(int(entry.name)):
                    return False
            except OSError:
                continue
        return True

    def pid_of_child(self) -> int:
        return int((self.folder / "pid").read_text())


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


@pytest.fixture(params=[*(pytest.param(make, id=name) for name, make in BACKENDS.items()), *BOXES, *WARM])
def backend(request: pytest.FixtureRequest) -> Sandbox:
    return request.param()


@pytest.fixture(params=[*(pytest.param(make, id=name) for name, make in CONTAINMENTS.items()), *BOXES, *WARM])
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    if "process-without-proc" in request.node.name:
        monkeypatch.setattr(vessel, "tree_below", PortableTree)
    folder = tmp_path / "box"
    folder.mkdir()
    return Bench(request.param(), folder)


# --- every backend, fakes included


def test_a_backend_says_what_it_promises_and_the_stamp_repeats_it(backend):
    promise = backend.promise()
    stamp = promise.stamp()
    assert promise == backend.promise()
    assert (stamp.backend, stamp.official, stamp.covers, stamp.lacks) == (
        promise.backend,
        promise.official,
        promise.covers,
        promise.lacks,
    )
    assert promise.backend
    assert promise.covers or promise.lacks


def test_an_available_backend_returns_a_result_and_leaves_an_output_file(backend, tmp_path):
    assert backend.available() is None
    # a module with a `main` that takes its arguments: the one kind of command that all of them know
    argv = (sys.executable, "-I", "-m", "timeit", "-n1", "-r1", "pass")
    result = backend.run(Command(argv, tmp_path, {}, Limits(), (tmp_path,), stdout=tmp_path / "output.log"))
    assert (result.exit_code, result.signal, result.limit, result.detail) == (0, None, None, "")
    assert (tmp_path / "output.log").is_file()


def test_a_backend_that_is_missing_refuses_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    for sandbox in (ProcessSandbox(), FakeSandbox(missing="There is no fake here.")):
        assert sandbox.available()
        with pytest.raises(MachineFault) as caught:
            sandbox.run(Command(("true",), tmp_path, {}, Limits(), (tmp_path,)))
        assert caught.value.code == "GR602"


# --- every containment: how commands end


def test_an_exit_code_and_the_output_come_back(bench):
    result = bench.run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (result.exit_code, result.signal, result.limit, result.survivors) == (3, None, None, 0)
    assert sorted(bench.output.split()) == ["err", "out"]
    assert result.output_bytes == len(bench.output)


def test_a_command_that_dies_by_a_signal_has_no_exit_code(bench):
    result = bench.run("import os; os.kill(os.getpid(), 9)")
    assert (result.exit_code, result.signal, result.limit) == (None, 9, None)


def test_usage_is_measured(bench):
    code = """
        import time
        kept = b'1' * 60_000_000
        while time.process_time() < 0.4: pass
        """
    result = bench.run(code)
    assert result.cpu_seconds >= 0.3
    assert result.wall_seconds >= 0.3
    assert result.peak_memory_bytes > 60_000_000


def test_stdin_is_empty_and_the_environment_is_exactly_what_was_given(bench, monkeypatch):
    monkeypatch.setenv("GRADER_TOKEN", "secret")
    result = bench.run("import os, sys; print(repr(sys.stdin.read()), *sorted(os.environ), os.getcwd())")
    assert result.exit_code == 0
    first, *names, cwd = bench.output.split()
    assert first == "''"
    assert set(names) - {vessel.MARKER} == set(bench.command("").environment)
    assert Path(cwd) == bench.folder.resolve()


def test_anonymous_memory_is_told_apart_from_mapped_files(bench, request):
    code = """
        import mmap, time
        with open("mapped", "wb") as file:
            for _ in range(80):
                file.write(b"1" * 1_000_000)
        with open("mapped", "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        read = sum(mapped[at] for at in range(0, len(mapped), 4096))
        time.sleep(0.5)
        kept = b"1" * 60_000_000
        time.sleep(0.5)
        """
    ticks: list[Tick] = []
    bench.sandbox.run(bench.command(code), ticks.append)
    most = max(tick.anonymous_bytes for tick in ticks)
    unseen = 0 if "process-without-proc" not in request.node.name else 80_000_000  # there it cannot be told apart
    assert 60_000_000 < most < 120_000_000 + unseen
    assert max(tick.memory_bytes for tick in ticks) > 140_000_000


def test_the_usage_is_told_while_it_runs(bench):
    ticks: list[Tick] = []
    bench.sandbox.run(bench.command("import time; time.sleep(0.6)"), ticks.append)
    assert len(ticks) >= 2
    assert max(tick.processes for tick in ticks) == 1
    assert ticks[-1].wall_seconds > ticks[0].wall_seconds


def test_a_command_that_does_not_exist_is_our_fault(bench):
    command = bench.command("")
    with pytest.raises(InternalFault) as caught:
        bench.sandbox.run(Command(("/no/such/program",), bench.folder, {}, command.limits, (bench.folder,)))
    assert caught.value.code == "GR503"
    assert "/no/such/program" in caught.value.message


def test_output_that_cannot_be_kept_is_our_fault(bench):
    command = bench.command("print(1)")
    missing = Command(
        command.argv, command.cwd, {}, command.limits, command.writable, stdout=bench.folder / "missing" / "log"
    )
    with pytest.raises(InternalFault) as caught:
        bench.sandbox.run(missing)
    assert caught.value.code == "GR507"


# --- every containment: limits


def test_a_sleeper_ends_at_the_wall_clock(bench):
    result = bench.run("import time; time.sleep(60)", wall_seconds=0.5)
    assert (result.limit, result.exit_code, result.signal) == ("GR401", None, 9)
    assert result.detail == "0.5 s"
    assert 0.5 <= result.wall_seconds < 10


def test_a_command_that_ignores_signals_ends_at_the_cpu_limit(bench):
    code = """
        import signal
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGXCPU):
            signal.signal(number, signal.SIG_IGN)
        while True: pass
        """
    result = bench.run(code, cpu_seconds=0.4)
    assert result.limit == "GR402"
    assert "CPU" in result.detail


def test_a_memory_hog_is_killed(bench):
    result = bench.run("kept = []\nwhile True: kept.append(b'1' * 2_000_000)", memory_bytes=200 * MIB)
    assert result.limit == "GR403"
    assert result.detail == "memory 200 MiB"
    assert result.peak_memory_bytes >= 200 * MIB


def test_memory_counts_over_all_processes(bench):
    code = """
        import os, time
        for _ in range(4):
            if os.fork() == 0:
                kept = b'1' * 70_000_000
                time.sleep(60)
        time.sleep(60)
        """
    assert bench.run(code, memory_bytes=200 * MIB).limit == "GR403"


def test_too_many_processes_are_killed(bench):
    code = """
        import os, time
        for _ in range(30):
            if os.fork() == 0:
                time.sleep(60)
        time.sleep(60)
        """
    result = bench.run(code, processes=10)
    assert (result.limit, result.detail) == ("GR404", "10 processes")


def test_too_many_threads_are_killed_or_refused(bench):
    code = """
        import threading, time
        for _ in range(60):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        time.sleep(60)
        """
    result = bench.run(code, processes=2)
    refused = result.exit_code == 1 and "can't start new thread" in bench.output
    assert (result.limit, result.detail) == ("GR404", "32 threads") or refused


def test_a_large_file_fails_in_python_and_kills_a_c_program(bench):
    code = """
        import subprocess
        try:
            open('large', 'wb').write(b'1' * 3_000_000)
        except OSError as exc:
            print(exc.errno)
        print(subprocess.run(['sh', '-c', 'exec yes > endless'], stderr=subprocess.DEVNULL).returncode)
        """
    bench.run(code, file_bytes=MIB)
    assert bench.output.split() == ["27", str(-signal.SIGXFSZ)]
    assert (bench.folder / "endless").stat().st_size == MIB


def test_a_full_disk_quota_is_killed(bench):
    code = """
        import time
        for number in range(8):
            open(f'file{number}', 'wb').write(b'1' * 1_000_000)
        time.sleep(60)
        """
    result = bench.run(code, disk_bytes=5 * MIB)
    assert (result.limit, result.detail) == ("GR406", "disk 5.0 MiB")


def test_a_deep_tree_of_folders_is_killed(bench):
    code = """
        import os, time
        for _ in range(100):
            os.mkdir('d'); os.chdir('d')
        time.sleep(60)
        """
    result = bench.run(code)
    assert result.limit == "GR406"
    assert "nested" in result.detail


def test_too_many_files_are_killed(bench, monkeypatch):
    monkeypatch.setattr("grader.sandbox.disk.MOST_ENTRIES", 300)
    monkeypatch.setattr("grader.sandbox.watch.MOST_ENTRIES", 300)
    result = bench.run("import time\nfor n in range(400): open(str(n), 'w').close()\ntime.sleep(60)")
    assert (result.limit, result.detail) == ("GR406", "300 files")


def test_a_flood_of_output_is_cut_and_killed(bench):
    result = bench.run("while True: print('x' * 1000)", output_bytes=100_000)
    assert (result.limit, result.detail) == ("GR405", "output 98 KiB")
    assert len(bench.output) == 100_000
    assert result.output_bytes > 100_000


def test_a_burst_of_output_at_the_very_end_is_a_flood_as_well(bench):
    result = bench.run("import os; os.write(1, b'x' * 60_000)", output_bytes=50_000)
    assert result.limit == "GR405"
    assert len(bench.output) == 50_000


def test_output_that_nobody_wants_is_thrown_away_and_still_counted(bench):
    command = bench.command("print('x' * 99)")
    silent = Command(command.argv, command.cwd, command.environment, command.limits, command.writable)
    assert bench.sandbox.run(silent).output_bytes == 100


# --- every containment: nothing is left


def test_a_child_that_is_left_behind_is_killed_and_counted(bench):
    code = """
        import os, time
        if os.fork() == 0:
            open('pid', 'w').write(str(os.getpid()))
            time.sleep(60)
        while not os.path.exists('pid') or not open('pid').read(): time.sleep(0.01)
        time.sleep(0.3)
        """
    result = bench.run(code)
    assert result.exit_code == 0
    assert result.survivors == 1
    assert bench.is_empty()
    assert bench.pid_of_child()


def test_its_processes_are_known_afterwards_by_their_numbers_out_here(bench):
    out_here: set[int] = set()
    code = "import os, time; os.fork(); time.sleep(1)"
    contained = bench.sandbox.run(bench.command(code), lambda _: out_here.update(psutil.pids()))
    assert len(contained.seen) == 2
    assert contained.seen <= out_here


def test_a_child_that_ends_by_itself_in_a_moment_is_no_survivor(bench):
    result = bench.run("import os, time\nif os.fork() == 0: time.sleep(0.1)")
    assert (result.exit_code, result.survivors) == (0, 0)


def test_an_interrupt_from_the_keyboard_is_a_result(bench):
    def interrupt(_tick: Tick) -> None:
        raise KeyboardInterrupt

    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    result = bench.sandbox.run(bench.command(code), interrupt)
    assert (result.limit, result.exit_code) == ("GR411", None)


def test_an_error_of_the_watcher_leaves_nothing_behind(bench):
    def break_once_it_runs(_tick: Tick) -> None:
        if (bench.folder / "pid").exists() and (bench.folder / "pid").read_text():
            raise ZeroDivisionError

    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(ZeroDivisionError):
        bench.sandbox.run(bench.command(code), break_once_it_runs)
    assert bench.is_empty()
    assert bench.pid_of_child()


# --- what only Linux can do

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc and subreapers")


@pytest.fixture
def process(tmp_path: Path) -> Bench:
    folder = tmp_path / "box"
    folder.mkdir()
    return Bench(ProcessSandbox(), folder)


DAEMON = """
    import os, sys, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(3): os.close(descriptor)
            open('pid', 'w').write(str(os.getpid()))
            time.sleep(60)
        os._exit(0)
    while not os.path.exists('pid') or not open('pid').read(): time.sleep(0.01)
    """


@linux
def test_a_daemon_that_left_its_session_is_killed_and_counted(process):
    result = process.run(DAEMON)
    assert (result.exit_code, result.survivors) == (0, 1)
    assert not is_alive(process.pid_of_child())


@linux
def test_killing_the_supervisor_frees_nobody(process):
    code = textwrap.dedent(DAEMON) + "time.sleep(0.3)\nos.kill(os.getppid(), 9)\ntime.sleep(60)\n"
    result = process.run(code)
    assert (result.exit_code, result.limit, result.detail) == (None, None, "the supervisor was killed")
    assert result.survivors == 2
    assert not is_alive(process.pid_of_child())


@linux
def test_stopping_the_supervisor_only_costs_time(process):
    result = process.run("import os, signal; os.kill(os.getppid(), signal.SIGSTOP)", wall_seconds=1.0)
    assert result.limit == "GR401"
    assert result.wall_seconds < 10


@linux
def test_pages_that_forked_children_share_are_counted_once(process):
    code = """
        import os, time
        shared = b'1' * 80_000_000
        for _ in range(5):
            if os.fork() == 0:
                time.sleep(1); os._exit(0)
        for _ in range(5): os.wait()
        """
    result = process.run(code, memory_bytes=250 * MIB)
    assert (result.exit_code, result.limit) == (0, None)
    assert result.peak_memory_bytes < 250 * MIB


@linux
def test_the_contained_code_dies_with_the_grader(process):
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    grader = f"""
import sys
from pathlib import Path
from grader.model.lab import Limits
from grader.sandbox.base import Command
from grader.sandbox.own_box import NamespaceSandbox
from grader.sandbox.process import ProcessSandbox
folder = Path({str(process.folder)!r})
ProcessSandbox().run(Command((sys.executable, "-c", {code!r}), folder, {{}}, Limits(), (folder,)))
"""
    with subprocess.Popen([sys.executable, "-c", grader]) as parent:
        pid_file = process.folder / "pid"
        assert eventually(lambda: pid_file.exists() and pid_file.read_text() != "")
        assert is_alive(process.pid_of_child())
        parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: not is_alive(process.pid_of_child()))


@pytest.fixture(params=BOXES)
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    folder = tmp_path / "box"
    folder.mkdir()
    return Bench(request.param(), folder)


def test_a_box_dies_with_its_grader_and_its_group_is_swept(box):
    code = "import os, time; os.fork(); open('up', 'w').write('up'); time.sleep(60)"
    kind = type(box.sandbox)
    grader = f"""
import sys
from pathlib import Path
from grader.model.lab import Limits
from grader.sandbox.base import Command
from {kind.__module__} import {kind.__name__}
folder = Path({str(box.folder)!r})
command = Command((sys.executable, "-c", {code!r}), folder, {{"HOME": str(folder)}}, Limits(), (folder,))
{kind.__name__}().run(command)
"""
    with subprocess.Popen([sys.executable, "-c", grader]) as parent:
        assert eventually(lambda: (box.folder / "up").exists() and not box.is_empty())
        parent.send_signal(signal.SIGKILL)
    assert eventually(box.is_empty)
    left = f"grader-box-{parent.pid}-*"
    assert eventually(lambda: sweep() or not list(Path("/sys/fs/cgroup").rglob(left)))


@linux
def test_setuid_programs_give_nothing(process):
    process.run("print([line for line in open('/proc/self/status') if line.startswith('NoNewPrivs')])")
    assert "NoNewPrivs:\\t1" in process.output


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        os.sched_yield()
    return False


@needs_boxes
def test_a_box_shows_the_packages_that_an_environment_borrows_from_another_one(tmp_path):
    other = tmp_path / "other" / "site-packages"
    other.mkdir(parents=True)
    (other / "borrowed.py").write_text("word = 'seen'\n")
    home, log = tmp_path / "home", tmp_path / "log"
    home.mkdir()
    code = f"import sys; sys.path.append({str(other)!r}); import borrowed; print(borrowed.word)"
    script = (
        "import sys; from pathlib import Path\n"
        "from grader.model.lab import Limits; from grader.sandbox.base import Command\n"
        f"sys.path.append({str(other)!r})\n"
        "from grader.sandbox.bubblewrap import BubblewrapSandbox\n"
        f"home, log = Path({str(home)!r}), Path({str(log)!r})\n"
        f"argv = (sys.executable, '-c', {code!r})\n"
        "command = Command(argv, home, {'HOME': str(home)}, Limits(), (home,), stdout=log)\n"
        "print(BubblewrapSandbox().run(command).exit_code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert (done.stdout.strip(), log.read_text().strip()) == ("0", "seen")
