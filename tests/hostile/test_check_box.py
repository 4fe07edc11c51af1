"""The check process is fed hostile data, so it is in a box as well: what it could do if an artifact took it over."""

import json
import os
import socket

import pytest

from grader.sandbox.bubblewrap import BubblewrapSandbox
from tests.fakes.boxes import needs_boxes
from tests.fakes.judged import Workplace

pytestmark = [needs_boxes, pytest.mark.slow, pytest.mark.xdist_group("hostile-runs")]

#: Plays a check process that somebody has taken over; writes what it managed to do.
TAKEN = '''
@check(points=1)
def test_taken(artifacts, evidence):
    """Taken over"""
    import json, os, socket
    from pathlib import Path

    facts, done = artifacts.json("facts.json"), []

    def attempt(what, action):
        try:
            action()
        except OSError:
            return
        done.append(what)

    run = Path(facts["run"])
    attempt("change an artifact", lambda: (run / "artifacts/facts.json").write_text("{}"))
    attempt("add an artifact", lambda: (run / "artifacts/new.json").write_text("{}"))
    attempt("write a grade", lambda: (run / "grade.json").write_text("{}"))
    attempt("change a check", lambda: Path(facts["checks"], "test_lab_0_1.py").write_text(""))
    attempt("read another student", lambda: Path(facts["other"]).read_text())
    attempt("read a password", lambda: Path("/etc/shadow").read_text())
    attempt("reach the machine", lambda: socket.create_connection(("127.0.0.1", facts["port"]), 2))
    attempt("signal the grader", lambda: os.kill(facts["grader"], 0))
    if "hunt" "er2" in str(dict(os.environ)):
        done.append("see a secret")
    Path(os.environ["HOME"], "mine").write_text("may be written")
    evidence.equals("Could", ", ".join(done), "")
'''


def test_the_check_process_has_walls_too(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    monkeypatch.setenv("GRADER_TOKEN", "hunter2")
    place = Workplace(tmp_path / "course", BubblewrapSandbox())
    other = tmp_path / "other.ipynb"
    other.write_text("of another student")
    lab = place.lab(TAKEN)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        facts = {
            "run": str(place.run_folder),
            "checks": str(lab.checks_root),
            "other": str(other),
            "port": listener.getsockname()[1],
            "grader": os.getpid(),
        }
        place.collect({"facts.json": json.dumps(facts)})
        before = {path: path.read_bytes() for path in place.root.rglob("*") if path.is_file()}
        (verdict,) = place.judge(lab).values()
    assert (str(verdict.status), verdict.message) == ("passed", ""), verdict.staff
    assert all(path.read_bytes() == content for path, content in before.items())
    assert {path.name for path in place.run_folder.iterdir()} == {
        "artifacts",
        "manifest.json",
        "run.json",
        "verdicts.json",
    }


#: Leaves something else where the grader reads what the check process said.
LEFT = '''
@check(points=1)
def test_taken():
    """Taken over"""
    import os

    for name in ("verdicts.jsonl", "checks.log"):
        os.rename(f"{os.environ['HOME']}/{name}", f"{os.environ['HOME']}/{name}.old")
        {leave}
    os._exit(0)
'''


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "leave", ["os.mkfifo(f\"{os.environ['HOME']}/{name}\")", "os.symlink({secret!r}, f\"{os.environ['HOME']}/{name}\")"]
)
def test_what_a_check_process_leaves_is_not_followed_nor_waited_for(tmp_path, leave):
    tmp_path.chmod(0o755)
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    place = Workplace(tmp_path / "course", BubblewrapSandbox())
    place.collect()

    (verdict,) = place.judge(
        place.lab(LEFT.replace("{leave}", leave.replace("{secret!r}", repr(str(secret)))))
    ).values()

    assert str(verdict.status) == "our fault"
    assert "GR502: 0 verdicts" in verdict.staff
    assert "hunter2" not in verdict.staff


def test_a_library_may_ask_who_it_is(tmp_path):
    """A torch that was built for CUDA asks `getpass` for a folder's name; the box's user has no entry in passwd."""
    tmp_path.chmod(0o755)
    place = Workplace(tmp_path / "course", BubblewrapSandbox())
    place.collect()
    source = '''
@check(points=1)
def test_name(evidence):
    """The user has a name"""
    import getpass

    evidence.equals("User", getpass.getuser(), "grader")
'''

    (verdict,) = place.judge(place.lab(source)).values()

    assert str(verdict.status) == "passed", verdict.staff
