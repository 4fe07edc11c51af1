"""Notebooks that loop, hang, flood, hog, fork, forge and kill: each is a result, in bounded time, with nothing left."""

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.artifacts.collect import collect
from grader.artifacts.discard import discard
from grader.model.artifact import ArtifactManifest
from grader.model.files import read_json
from grader.model.run import RunResult, RunStatus
from grader.running.job import Progress
from grader.sandbox.base import Sandbox
from tests.fakes.runs import prepare, run, small_lab

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see what is left"),
]
MIB = 1024**2


@dataclass
class Attack:
    """A finished run, and a look at what it left on the machine."""

    result: RunResult
    folder: Path
    seconds: float

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def source(self, number: int) -> str:
        return self._cell(number).source

    def text(self, number: int) -> str:
        return "".join(output.get("text", "") for output in self._cell(number).outputs)

    def _cell(self, number: int) -> Any:
        notebook = nbformat.reads((self.folder / "executed.ipynb").read_text(), 4)
        return next(cell for cell in notebook.cells if cell.id == f"cell{number}")

    def left_alive(self) -> list[str]:
        """Commands of processes whose environment names this run."""
        found: list[str] = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and str(self.folder).encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_text())
            except OSError:
                continue
        return found


def attack(folder: Path, *sources: str, sandbox: Sandbox | None = None, **limits: Any) -> Attack:
    """Run a hostile notebook and make sure that it left nothing running and a whole run folder."""
    job = prepare(folder, *sources, lab=small_lab(**limits))
    before = time.monotonic()
    result = run(job, sandbox)
    made = Attack(result, job.run_folder, time.monotonic() - before)
    assert made.left_alive() == []
    assert read_json(job.run_folder / "run.json", RunResult) == result
    assert not (job.run_folder / "box").exists()
    return made


def outcome(made: Attack) -> tuple[RunStatus, str | None, int | None]:
    return made.result.status, made.result.code, made.result.stopped_at


# --- limits


def test_an_infinite_loop_ends_at_the_cpu_limit(tmp_path):
    made = attack(tmp_path, "print('before')", "while True: pass", "never = 1", cpu_seconds=4)
    assert outcome(made) == (RunStatus.STOPPED, "GR402", 3)
    assert made.text(2) == "before\n"
    assert [cell.status for cell in made.result.cells] == ["ok", "ok", "stopped", "not run"]


def test_a_sleep_for_ever_ends_at_the_wall_clock(tmp_path):
    made = attack(tmp_path, "print('before')", "import time; time.sleep(3600)", wall_seconds=3)
    assert outcome(made)[:2] == (RunStatus.STOPPED, "GR401")
    assert made.seconds < 30


def test_a_loop_that_ignores_interrupts_and_prints_is_a_flood(tmp_path):
    made = attack(tmp_path, "while True: print('x' * 1000)", output_bytes=MIB)
    assert outcome(made) == (RunStatus.STOPPED, "GR405", 2)
    assert "clipped by the grader" in made.text(2)


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess; subprocess.run(['yes'])",
        "import os\nwhile True: os.write(1, b'x' * 4096)",
        "while True: display('x' * 100_000)",
        "handle = display('x', display_id=True)\nwhile True: handle.update('x' * 100_000)",
    ],
)
def test_a_flood_by_another_door_is_a_flood(tmp_path, source):
    made = attack(tmp_path, source, output_bytes=MIB)
    assert outcome(made) == (RunStatus.STOPPED, "GR405", 2)
    assert (made.folder / "output.log").stat().st_size <= MIB
    assert (made.folder / "executed.ipynb").stat().st_size < 8 * MIB


def test_a_memory_hog_is_killed_at_the_sum(tmp_path):
    source = (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        kept = b'1' * 150_000_000\n"
        "        time.sleep(60)\ntime.sleep(60)"
    )
    made = attack(tmp_path, source, memory_bytes=500 * MIB)
    assert outcome(made) == (RunStatus.STOPPED, "GR403", 2)
    assert "memory 500 MiB" in made.result.message


def test_a_bomb_of_processes_is_killed(tmp_path):
    source = "import os, time\nfor _ in range(200):\n    if os.fork() == 0: time.sleep(60); os._exit(0)\ntime.sleep(60)"
    assert outcome(attack(tmp_path, source, processes=20)) == (RunStatus.STOPPED, "GR404", 2)


def test_a_bomb_of_threads_is_killed(tmp_path):
    source = (
        "import threading, time\nfor _ in range(400): threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "time.sleep(60)"
    )
    made = attack(tmp_path, source, processes=5)
    assert outcome(made)[1] in {"GR404", "GR409"}  # the kernel refuses a plain user's, the watchdog kills root's
    assert made.seconds < 30


def test_a_large_file_is_the_disk_limit(tmp_path):
    made = attack(tmp_path, "open('large', 'wb').write(b'1' * 5_000_000)", file_bytes=4 * MIB)
    assert outcome(made) == (RunStatus.STOPPED, "GR406", 2)
    assert "4.0 MiB for a single file" in made.result.message


def test_many_files_fill_the_disk_quota(tmp_path):
    source = "import time\nfor n in range(30): open(f'f{n}', 'wb').write(b'1' * 1_000_000)\ntime.sleep(60)"
    assert outcome(attack(tmp_path, source, disk_bytes=15 * MIB)) == (RunStatus.STOPPED, "GR406", 2)


def test_a_person_who_gives_up_gets_what_was_done(tmp_path):
    job = prepare(tmp_path, "print('before')", "import time; time.sleep(60)")

    def give_up(progress: Progress) -> None:
        if progress.cell == 3:
            raise KeyboardInterrupt

    result = run(job, follow=give_up)
    made = Attack(result, job.run_folder, 0)
    assert outcome(made) == (RunStatus.INTERRUPTED, "GR411", 3)
    assert made.text(2) == "before\n"
    assert made.left_alive() == []


# --- ends


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "signal 9"),
        ("import ctypes; ctypes.string_at(0)", "signal 11"),
        ("import os; os.closerange(3, 512)", ""),
    ],
)
def test_a_dead_kernel_is_noticed_at_once(tmp_path, source, how):
    made = attack(tmp_path, "print('before')", source, "never = 1")
    assert outcome(made) == (RunStatus.KERNEL_DIED, "GR407", 3)
    assert how in made.result.message
    assert made.text(2) == "before\n"
    assert made.result.observed is None


def test_killing_the_worker_keeps_what_was_done_and_frees_nobody(tmp_path):
    made = attack(tmp_path, "print('before')", "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)")
    assert outcome(made) == (RunStatus.KERNEL_DIED, "GR407", 3)
    assert made.text(2) == "before\n"


def test_killing_the_supervisor_frees_nobody(tmp_path):
    source = (
        "import os, time\nparent = open(f'/proc/{os.getppid()}/stat').read().rpartition(') ')[2].split()[1]\n"
        "os.kill(int(parent), 9)\ntime.sleep(60)"
    )
    made = attack(tmp_path, source)
    assert outcome(made) == (RunStatus.KERNEL_DIED, "GR407", 2)
    assert "supervisor was killed" in made.result.message


def test_leaving_the_notebook_early_by_sys_exit_is_an_error_of_its_cell(tmp_path):
    made = attack(tmp_path, "import sys; sys.exit(0)", "never = 1")
    assert outcome(made) == (RunStatus.CELL_FAILED, "GR409", 2)
    assert "SystemExit" in made.result.message


# --- lies

FORGE = """
import json, os
office = os.path.dirname(os.environ['HOME'])
notebook = json.load(open(f'{office}/executed.ipynb'))
for cell in notebook['cells']:
    cell['source'] = 'perfect = True'
    if cell['cell_type'] == 'code':
        cell['outputs'] = [{'output_type': 'stream', 'name': 'stdout', 'text': '100 points'}, {'output_type': 'evil'}]
json.dump(notebook, open(f'{office}/executed.ipynb', 'w'))
with open(f'{office}/events.jsonl', 'a') as events:
    for kind in ('cell started', 'cell ended'):
        events.write(json.dumps({'kind': kind, 'cell': 'cell4', 'seconds': 1.0}) + '\\n')
    events.write('{"kind": "finished"}\\n' + 'x' * 1000 + '\\n')
    events.write('{"kind": "observed", "values": {"seed": "forged"}}\\n')
for name in ('run.json', 'manifest.json', 'verdicts.json'):
    open(f'{office}/../{name}', 'w').write('{"status": "completed", "score": 100}')
os.kill(os.getppid(), 9)
import time; time.sleep(60)
"""


def test_forged_files_make_no_completed_run(tmp_path):
    made = attack(tmp_path, "print('honest')", FORGE, "never = 1")
    assert outcome(made)[:2] == (RunStatus.KERNEL_DIED, "GR407")
    assert made.source(2) == "print('honest')"
    assert made.source(3) == FORGE
    assert made.result.cells[2].status != "ok"


def test_a_worker_whose_files_were_removed_is_the_notebooks_doing(tmp_path):
    source = "import os, shutil; shutil.rmtree(os.path.dirname(os.environ['HOME']))"
    made = attack(tmp_path, "print('before')", source, "1")
    assert outcome(made)[:2] == (RunStatus.KERNEL_DIED, "GR407")


@pytest.mark.parametrize("end", ["os.kill(os.getppid(), 9)\ntime.sleep(60)", "shutil.rmtree(office)", "os._exit(0)"])
@pytest.mark.parametrize("line", ["", '{"kind": "broke", "message": "no disk"}\n'])
def test_removing_what_was_noted_of_a_run_makes_it_no_fault_of_ours(tmp_path, line, end):
    source = f"""
import os, shutil, time
office = os.path.dirname(os.environ["HOME"])
with open(f"{{office}}/events.jsonl", "w") as events:
    events.write({line!r})
{end}
"""
    made = attack(tmp_path, source)
    assert outcome(made)[:2] == (RunStatus.KERNEL_DIED, "GR407")
    assert "no disk" not in made.result.message


def test_a_kernel_that_lies_about_its_parameters_is_only_believed_as_far_as_that(tmp_path):
    source = "get_ipython().user_expressions = lambda _: {'parameters': 'nonsense'}"
    made = attack(tmp_path, source)
    assert made.result.status is RunStatus.COMPLETED
    assert made.result.observed is None


# --- litter: one run that leaves everything it can think of

LITTER = (
    "import os, subprocess, sys, time\nos.makedirs(output_dir)\nhere = os.path.abspath(output_dir)\n"
    "open(f'{here}/metrics.json', 'w').write('{}')",
    "os.symlink('/etc/passwd', f'{here}/passwd')\nos.symlink('/etc', f'{here}/etc')\nos.mkfifo(f'{here}/pipe')\n"
    "os.link(f'{here}/metrics.json', f'{here}/second.json')\nopen(f'{here}/conftest.py', 'w')\n"
    "open(f'{here}/new\\nline', 'w')\nopen(f'{here}/\\x1b[31mred', 'w')",
    "deep = here\nfor _ in range(30): deep += '/d'\nos.makedirs(deep)\nopen(f'{deep}/bottom', 'w')",
    "os.mkdir(f'{here}/many')\nfor n in range(10_000): open(f'{here}/many/{n:05}', 'w').close()",
    "os.chmod(f'{here}/many', 0o500)\nos.mkdir(f'{here}/locked')\nos.chmod(f'{here}/locked', 0)",
    # a daemon that outlives the kernel and goes on writing
    'daemon = \'import time\\nwhile True: open("alive", "w").write(str(time.time())); time.sleep(0.02)\'\n'
    "subprocess.Popen([sys.executable, '-c', daemon], start_new_session=True, stdout=-3, stderr=-3)\n"
    "while not os.path.exists('alive'): time.sleep(0.01)",
    # the folder changes under everybody
    "os.chdir('/')\nprint(os.getcwd())",
    "seed = -1",
    "print('done')",
)


@pytest.fixture(scope="module")
def litter(tmp_path_factory: pytest.TempPathFactory) -> Attack:
    return attack(tmp_path_factory.mktemp("litter"), *LITTER)


@pytest.fixture(scope="module")
def collected(litter: Attack) -> ArtifactManifest:
    return collect(litter.work / "artifacts", litter.folder / "artifacts", litter.result.limits, litter.result.run_id)


def test_litter_is_a_completed_run_with_a_flag(litter):
    assert litter.result.status is RunStatus.COMPLETED
    assert litter.text(10) == "done\n"
    assert [notice.code for notice in litter.result.notices] == ["GR312"]
    assert "Cell 9" in litter.result.notices[0].message


def test_a_daemon_does_not_outlive_the_run(litter):
    written = (litter.work / "alive").read_text()
    time.sleep(0.1)
    assert (litter.work / "alive").read_text() == written


def test_of_litter_only_plain_files_are_collected(collected, litter):
    refused = {refusal.path: refusal.code for refusal in collected.refused}
    assert {"passwd", "etc", "pipe", "conftest.py", "metrics.json", "second.json"} <= refused.keys()
    assert {"new\\x0aline", "\\x1b[31mred"} <= refused.keys()
    assert refused["d/d/d/d/d/d/d"] == "GR408"
    assert len(collected.files) == litter.result.limits.artifact_files
    assert {file.path.partition("/")[0] for file in collected.files} == {"many"}
    kept = [path for path in (litter.folder / "artifacts").rglob("*") if not path.is_dir()]
    assert all(path.is_file() and not path.is_symlink() for path in kept)
    assert len(kept) == len(collected.files)


def test_litter_can_be_discarded(collected, litter):
    discard(litter.work)
    assert not litter.work.exists()
    assert collected.files


def test_a_run_folder_with_braces_and_blanks_in_its_path_is_no_problem(tmp_path):
    job = prepare(tmp_path / "a {b} c" / ("long" * 40), "print('fine')")
    result = run(replace(job, lab=small_lab()))
    assert result.status is RunStatus.COMPLETED
    assert json.loads((job.run_folder / "executed.ipynb").read_text())["cells"][2]["outputs"]
    assert os.path.lexists(job.run_folder / "work")
