"""Twelve hostile notebooks (N1 to N12) in the strongest containment: each is a result, in time, with nothing left."""

from pathlib import Path
from typing import Any

import pytest

from grader.artifacts.collect import collect
from grader.artifacts.json_file import read_json_file
from grader.artifacts.notebook_file import NOTEBOOK_LIMIT
from grader.model.run import RunStatus
from grader.sandbox import boxed, disk, watch
from grader.sandbox.bubblewrap import BubblewrapSandbox
from tests.fakes.boxes import needs_boxes
from tests.hostile.test_runs import FORGE, MIB, Attack, outcome
from tests.hostile.test_runs import attack as attack_in
from tests.hostile.world import everything

pytestmark = [needs_boxes, pytest.mark.slow, pytest.mark.xdist_group("hostile-runs")]
more = pytest.mark.skipif(not everything(), reason="in `make hostile`; test_runs.py has the same without a box")
BEFORE = "print('before')"


def attack(folder: Path, *sources: str, **limits: Any) -> Attack:
    """Run a notebook in a box, with an eye on what the box does beyond its folders."""
    made = attack_in(folder, *sources, sandbox=BubblewrapSandbox(), **limits)
    assert made.result.sandbox.backend == "bubblewrap"
    assert {path.name for path in folder.iterdir()} == {"2.5.4-abcdef", "lab.ipynb"}
    return made


@more
def test_n1_leaving_python_is_a_dead_kernel(tmp_path):
    made = attack(tmp_path, BEFORE, "import os; os._exit(0)", "never = 1")
    assert outcome(made) == (RunStatus.KERNEL_DIED, "GR407", 3)
    assert made.text(2) == "before\n"


def test_n2_killing_everything_in_reach_keeps_what_was_done(tmp_path):
    source = "import os, time\nfor pid in sorted(map(int, filter(str.isdigit, os.listdir('/proc'))), reverse=True):\n"
    source += (
        "    if pid != os.getpid():\n        try: os.kill(pid, 9)\n        except OSError as exc: print(pid, exc)\n"
    )
    made = attack(tmp_path, BEFORE, source + "time.sleep(60)")
    assert outcome(made)[:2] == (RunStatus.KERNEL_DIED, "GR407")
    assert made.text(2) == "before\n"
    assert made.seconds < 30


@more
def test_n3_a_memory_hog_is_stopped_at_its_cell(tmp_path):
    made = attack(tmp_path, BEFORE, "kept = []\nwhile True: kept.append(b'1' * 4_000_000)", memory_bytes=500 * MIB)
    assert outcome(made) == (RunStatus.STOPPED, "GR403", 3)
    assert "memory 500 MiB" in made.result.message


@more
def test_n4_a_flood_is_stopped_at_its_cell(tmp_path):
    made = attack(tmp_path, BEFORE, "while True: print('x' * 10_000)", output_bytes=MIB)
    assert outcome(made) == (RunStatus.STOPPED, "GR405", 3)


def test_n5_a_fork_bomb_is_stopped_at_its_cell(tmp_path):
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    made = attack(tmp_path, BEFORE, bomb, processes=30, memory_bytes=900 * MIB)
    assert outcome(made) in [(RunStatus.STOPPED, "GR404", 3), (RunStatus.STOPPED, "GR403", 3)]
    assert made.text(2) == "before\n"
    assert made.seconds < 40


@pytest.mark.parametrize("folder", ["/tmp", "."])
def test_too_many_files_are_stopped_at_their_cell(tmp_path, monkeypatch, folder):
    for module in (boxed, disk, watch):
        monkeypatch.setattr(module, "MOST_ENTRIES", 3_000)
    source = f"import time\nfor n in range(5_000): open(f'{folder}/{{n}}', 'w').close()\ntime.sleep(60)"
    made = attack(tmp_path, BEFORE, source, wall_seconds=50)
    assert outcome(made) == (RunStatus.STOPPED, "GR406", 3)
    assert "3,000 files" in made.result.message
    assert made.text(2) == "before\n"


LIES = """
import IPython.core.interactiveshell as shell
class Fine:
    success, result, error_before_exec, error_in_exec, execution_count = True, None, None, None, 1
async def lie(self, *args, **kwargs):
    return Fine()
shell.InteractiveShell.run_cell_async = lie
"""
DAEMON = """
import subprocess, sys
code = "import time\\nwhile True: open('alive', 'w').write(str(time.time())); time.sleep(0.02)"
subprocess.Popen([sys.executable, '-c', code], start_new_session=True)
"""
NETWORK = """
import subprocess, sys, urllib.request
done = subprocess.run([sys.executable, '-m', 'pip', 'install', '--retries', '0', '--timeout', '3', 'six-plus-one'],
                      capture_output=True, text=True)
print('pip', done.returncode)
try: print(urllib.request.urlopen('https://huggingface.co', timeout=3).status)
except OSError as exc: print('url', type(exc).__name__)
"""
SHELL = "%%bash\ncat /etc/shadow /root/.bashrc; ls /home; echo $HOME; kill -9 1; echo done"


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Attack:
    """Attacks that do not end their notebook, in one."""
    return attack(tmp_path_factory.mktemp("quiet"), DAEMON, NETWORK, SHELL, LIES, "raise SystemExit('cell 6')")


def test_n6_a_kernel_that_reports_success_gains_nothing_by_it(quiet, tmp_path):
    assert quiet.result.status is RunStatus.COMPLETED
    found = collect(quiet.work / "artifacts", tmp_path / "artifacts", quiet.result.limits, quiet.result.run_id)
    assert found.files == ()


def test_n7_a_forged_notebook_and_a_killed_driver_are_a_dead_kernel(tmp_path):
    made = attack(tmp_path, "print('honest')", FORGE, "never = 1")
    assert outcome(made)[:2] == (RunStatus.KERNEL_DIED, "GR407")
    assert (made.source(2), made.source(3)) == ("print('honest')", FORGE)
    assert made.result.cells[2].status != "ok"


@more
def test_n8_ignoring_interrupts_ends_at_the_wall_clock(tmp_path):
    source = "import signal, time\nfor number in (2, 15): signal.signal(number, signal.SIG_IGN)\n"
    source += "while True:\n    try: time.sleep(60)\n    except BaseException: pass"
    made = attack(tmp_path, BEFORE, source, wall_seconds=5)
    assert outcome(made) == (RunStatus.STOPPED, "GR401", 3)
    assert made.seconds < 30


def test_n9_a_daemon_does_not_outlive_a_run_that_succeeds(quiet):
    assert quiet.left_alive() == []
    written = (quiet.work / "alive").read_text()
    assert (quiet.work / "alive").read_text() == written


def test_n10_there_is_no_internet(quiet):
    assert "pip 0" not in quiet.text(3)
    assert "url URLError" in quiet.text(3)


def test_n11_a_shell_sees_no_more_than_python(quiet):
    said = quiet.text(4)
    assert "/etc/shadow: No such file" in said
    assert "root:" not in said
    assert said.rstrip().endswith("done")


def test_n12_a_hundred_thousand_outputs_stay_a_small_notebook(tmp_path):
    source = "import sys\nfor n in range(100_000):\n    print(n, end='', file=sys.stderr if n % 2 else sys.stdout)"
    made = attack(tmp_path, BEFORE, source, output_bytes=MIB, wall_seconds=40)
    assert made.result.status in {RunStatus.COMPLETED, RunStatus.STOPPED}
    assert made.result.code in {None, "GR405", "GR401"}
    notebook = read_json_file(made.folder, "executed.ipynb", NOTEBOOK_LIMIT)
    assert len(str(notebook)) < 8 * MIB
