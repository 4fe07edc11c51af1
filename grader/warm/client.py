"""The grader's side of a warm server: starts one, finds one, asks it for supervisors, stops it."""

import contextlib
import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.sandbox.environ import HUB_CLIENTS, NOTEBOOK_FIGURES, build_environment
from grader.warm.constants import PLACEHOLDERS
from grader.warm.modules import PRELOAD

#: Importing everything takes a dozen seconds, many more on a busy machine.
_READY_SECONDS = 240.0
_ANSWER_SECONDS = 20.0
_FOR_EVER = 1e9
_SOCKET = "socket"
_FACTS = "server.json"


class WarmFault(Exception):
    """The warm server cannot do it; whoever asked goes the cold way."""


@dataclass(frozen=True)
class Birth:
    """A supervisor that was forked."""

    pid: int
    handle: int
    """A pidfd of it."""


@dataclass(frozen=True)
class Server:
    """A warm server that is there."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    """None for one that somebody else has started."""

    @property
    def listens(self) -> bool:
        """Whether there is a socket to ask it through; it may be that of one that was killed."""
        return (self.folder / _SOCKET).exists()

    def ask(self, request: dict[str, Any], descriptors: Sequence[int] = ()) -> tuple[dict[str, Any], list[int]]:
        """Ask the server for something.

        Args:
            request: plain JSON data with `ask`.
            descriptors: what goes along.

        Returns:
            The answer, and descriptors that came with it.

        Raises:
            WarmFault: it does not answer.
        """
        place = os.open(self.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_ANSWER_SECONDS)
                # the path of a socket may have 107 bytes; a folder of people's may lie deeper
                connection.connect(f"/proc/self/fd/{place}/{_SOCKET}")
                socket.send_fds(connection, [json.dumps(request).encode()], list(descriptors))
                text, found, _, _ = socket.recv_fds(connection, 65536, 4)
            return json.loads(text), found
        except (OSError, ValueError) as exc:
            raise WarmFault(f"the warm server does not answer ({exc})") from exc
        finally:
            os.close(place)

    def fork(self, request: dict[str, Any], descriptors: Sequence[int]) -> Birth:
        """Have a supervisor forked.

        Args:
            request: what it is told; see `server`.
            descriptors: to which the request refers by number.

        Returns:
            The supervisor, which waits for its order.

        Raises:
            WarmFault: there is none.
        """
        answer, found = self.ask({"ask": "fork", **request}, descriptors)
        if "pid" not in answer or len(found) != 1:
            for descriptor in found:
                os.close(descriptor)
            raise WarmFault(str(answer.get("refused") or answer.get("failed") or "the warm server gave no answer"))
        return Birth(int(answer["pid"]), found[0])

    def facts(self) -> dict[str, Any]:
        """Return what the server says of itself.

        Raises:
            WarmFault: it does not answer.
        """
        return self.ask({"ask": "status"})[0]

    def stop(self) -> None:
        """End the server; commands that it has forked go on."""
        with contextlib.suppress(WarmFault):
            self.ask({"ask": "stop"})
        if self.process is not None:
            assert self.process.stdin is not None  # every one that is ours has a pipe
            self.process.stdin.close()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            (self.folder / _SOCKET).unlink(missing_ok=True)


def start_private(modules: Sequence[str] = PRELOAD, fingerprint: str = "") -> Server:
    """Start a server that ends with this process.

    Args:
        modules: what it imports.
        fingerprint: for children of this process that find it by its folder; see `start_kept`.

    Returns:
        The server, ready.

    Raises:
        WarmFault: it did not come up.
    """
    folder = Path(tempfile.mkdtemp(prefix="grader-warm-"))
    try:
        server = _start(folder, modules, owned=True, idle_seconds=_FOR_EVER)
        _describe(folder, fingerprint, modules)
        return server
    except WarmFault:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def start_kept(folder: Path, fingerprint: str, modules: Sequence[str], idle_seconds: float) -> Server:
    """Start a server that stays when this process ends; one per folder.

    Args:
        folder: for its socket; made with mode 0700.
        fingerprint: of everything that it imports; `find_kept` compares it.
        modules: what it imports.
        idle_seconds: it ends when nobody has asked for this long.

    Returns:
        The server, ready.

    Raises:
        WarmFault: it did not come up, or the folder is not this user's alone.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_shared(folder)
        (folder / _SOCKET).unlink(missing_ok=True)
        server = _start(folder, modules, owned=False, idle_seconds=idle_seconds)
        _describe(folder, fingerprint, modules)
    except OSError as exc:
        raise WarmFault(f"{folder} cannot be used: {exc.strerror}") from exc
    return server


def find_kept(folder: Path, fingerprint: str, modules: Sequence[str]) -> Server | None:
    """Return the kept server, when there is one that fits.

    Args:
        folder: as for `start_kept`.
        fingerprint: of everything that it should have imported.
        modules: that it should have imported.

    Raises:
        WarmFault: there is one, and it was started before something changed.
    """
    server = Server(folder)
    if not server.listens:
        return None
    try:
        _refuse_shared(folder)
        known = json.loads((folder / _FACTS).read_text("utf-8"))
        server.facts()
    except (OSError, ValueError, WarmFault):
        return None
    if known.get("fingerprint") != fingerprint or not set(modules) <= set(known.get("modules", [])):
        raise WarmFault("the warm server was started before something was installed or changed")
    return server


def _describe(folder: Path, fingerprint: str, modules: Sequence[str]) -> None:
    (folder / _FACTS).write_text(json.dumps({"fingerprint": fingerprint, "modules": list(modules)}), "utf-8")


def _start(folder: Path, modules: Sequence[str], *, owned: bool, idle_seconds: float) -> Server:
    argv = [sys.executable, "-s", "-P", "-B", "-m", "grader.warm.server"]
    with socket.socket(socket.AF_UNIX) as listener:
        partial = folder / secrets.token_hex(8)
        place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            listener.bind(f"/proc/self/fd/{place}/{partial.name}")
        finally:
            os.close(place)
        partial.chmod(0o600)
        listener.listen(64)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*argv, str(listener.fileno()), "1" if owned else "0", str(idle_seconds), *modules],
                stdin=subprocess.PIPE if owned else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env=server_environment(),
                pass_fds=(listener.fileno(),),
                start_new_session=True,
            )
    try:
        _wait_until_ready(process, folder)
        partial.rename(folder / _SOCKET)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if owned:
        return Server(folder, process)
    assert process.stdout is not None  # it is a pipe
    process.stdout.close()
    process.returncode = 0  # it stays when this process ends: nobody waits for it
    return Server(folder)


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    assert process.stdout is not None  # it is a pipe
    deadline = time.monotonic() + _READY_SECONDS
    said = b""
    while b"ready" not in said:
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        piece = os.read(process.stdout.fileno(), 65536) if ready else b""
        if not piece:
            log = (folder / "log").read_text("utf-8", "replace").strip()[-500:]
            raise WarmFault(f"the warm server did not come up: {log or 'it took too long'}")
        said += piece


def server_environment() -> dict[str, str]:
    """Return the environment under which everything is imported: that of a run, where nothing means anything."""
    nowhere = Path("/nonexistent")
    values = build_environment(nowhere, nowhere, threads=1, extra={**NOTEBOOK_FIGURES, **HUB_CLIENTS, **PLACEHOLDERS})
    del values["TMPDIR"]
    return values | {"JE_ARROW_MALLOC_CONF": "background_thread:false"}


def _refuse_shared(folder: Path) -> None:
    state = folder.lstat()
    if state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise WarmFault(f"{folder} is not this user's alone")
