"""Starts a private PostgreSQL server for tests: in a temporary folder, reachable through a socket there alone."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

#: PostgreSQL refuses to run as root; nobody owns nothing else here.
_USER = "nobody"


def server_programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs; None where they are not installed."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "pg_ctl").exists()), None)


def demand_server() -> Path:
    """Return the programs, skip the test without them, or fail it where GRADER_REQUIRE_POSTGRES asks for them."""
    programs = server_programs()
    if programs is None and os.environ.get("GRADER_REQUIRE_POSTGRES") == "1":
        pytest.fail("GRADER_REQUIRE_POSTGRES is set and no PostgreSQL server is installed.")
    if programs is None:
        pytest.skip("NOT TESTED HERE: PostgreSQL (`apt-get install postgresql`)")
    return programs


@contextmanager
def private_server():
    """Run a server; yields a function that makes the URL of a database."""
    programs = demand_server()
    folder = Path(tempfile.mkdtemp(prefix="grader-pg-"))
    data = folder / "data"
    if os.getuid() == 0:
        shutil.chown(folder, _USER)
    _call(
        programs / "initdb",
        "-D",
        data,
        "-U",
        "grader",
        "--auth=trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
        cwd=folder,
    )
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    _call(programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start", cwd=folder)
    try:
        yield lambda name: f"postgresql://grader@/{name}?host={folder}"
    finally:
        _call(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", cwd=folder)
        shutil.rmtree(folder)


def _call(program, *arguments, cwd):
    drop = {"user": _USER, "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    subprocess.run(
        [str(program), *map(str, arguments)],
        cwd=cwd,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=60,
        env={"PATH": os.defpath},
        **drop,
    )
