"""Starts warm servers: one that ends with this process, or one that stays."""

import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grader.sandbox.environ import HUB_CLIENTS, NOTEBOOK_FIGURES, build_environment
from grader.warm.client import FACTS, SOCKET, Server, WarmFault, refuse_shared
from grader.warm.constants import PLACEHOLDERS
from grader.warm.modules import PRELOAD

#: Importing everything takes five seconds, many more on a busy machine.
_READY_SECONDS = 240.0
_FOR_EVER = 1e9


class Starting:
    """A warm server that is coming up."""

    def __init__(
        self, folder: Path, modules: Sequence[str], fingerprint: str, *, owned: bool, idle_seconds: float = _FOR_EVER
    ) -> None:
        """Start its process.

        Args:
            folder: for its socket.
            modules: what it imports.
            fingerprint: of everything that it imports, for those who find it by its folder.
            owned: whether it ends with this process.
            idle_seconds: it ends when nobody has asked for this long.
        """
        self._folder, self._owned = folder, owned
        self._partial = folder / secrets.token_hex(8)
        self._facts = {"fingerprint": fingerprint, "modules": list(modules)}
        self._process = _launch(self._partial, modules, owned, idle_seconds)

    def server(self, patience: float = 0.0) -> Server | None:
        """Return the server when it is there.

        Args:
            patience: seconds to wait for it.

        Raises:
            WarmFault: it did not come up, and is to be abandoned.
        """
        assert self._process.stdout is not None  # it is a pipe
        if not select.select([self._process.stdout], [], [], patience)[0]:
            return None
        if b"ready" not in os.read(self._process.stdout.fileno(), 65536):  # it says nothing else, in one piece
            log = (self._folder / "log").read_text("utf-8", "replace").strip()[-500:]
            raise WarmFault(f"the warm server did not come up: {log or 'it ended'}")
        (self._folder / FACTS).write_text(json.dumps(self._facts), "utf-8")
        self._partial.rename(self._folder / SOCKET)
        if self._owned:
            return Server(self._folder, self._process)
        self._process.stdout.close()
        self._process.returncode = 0  # it stays when this process ends: nobody waits for it
        return Server(self._folder)

    def wait(self) -> Server:
        """Return the server as soon as it is there.

        Raises:
            WarmFault: it did not come up.
        """
        try:
            server = self.server(_READY_SECONDS)
            if server is None:
                raise WarmFault("the warm server did not come up: it took too long")
        except BaseException:
            self.abandon()
            raise
        return server

    def abandon(self) -> None:
        """End it before it has served; whatever it is doing."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()
        self._partial.unlink(missing_ok=True)
        if self._owned:
            shutil.rmtree(self._folder, ignore_errors=True)


def begin_private(modules: Sequence[str] = PRELOAD, fingerprint: str = "") -> Starting:
    """Begin to start a server that ends with this process.

    Args:
        modules: what it imports.
        fingerprint: for children of this process that find it by its folder; see `start_kept`.
    """
    return Starting(Path(tempfile.mkdtemp(prefix="grader-warm-")), modules, fingerprint, owned=True)


def start_private(modules: Sequence[str] = PRELOAD, fingerprint: str = "") -> Server:
    """Start a server that ends with this process; see `begin_private`.

    Returns:
        The server, ready.

    Raises:
        WarmFault: it did not come up.
    """
    return begin_private(modules, fingerprint).wait()


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
        refuse_shared(folder)
        (folder / SOCKET).unlink(missing_ok=True)
        return Starting(folder, modules, fingerprint, owned=False, idle_seconds=idle_seconds).wait()
    except OSError as exc:
        raise WarmFault(f"{folder} cannot be used: {exc.strerror}") from exc


def _launch(place: Path, modules: Sequence[str], owned: bool, idle_seconds: float) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-s", "-P", "-B", "-m", "grader.warm.server"]
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(place.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            listener.bind(f"/proc/self/fd/{folder}/{place.name}")
        finally:
            os.close(folder)
        place.chmod(0o600)
        listener.listen(64)
        with (place.parent / "log").open("wb") as log:
            return subprocess.Popen(
                [*argv, str(listener.fileno()), "1" if owned else "0", str(idle_seconds), *modules],
                stdin=subprocess.PIPE if owned else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env=server_environment(),
                pass_fds=(listener.fileno(),),
                start_new_session=True,
            )


def server_environment() -> dict[str, str]:
    """Return the environment under which everything is imported: that of a run, where nothing means anything."""
    nowhere = Path("/nonexistent")
    values = build_environment(nowhere, nowhere, threads=1, extra={**NOTEBOOK_FIGURES, **HUB_CLIENTS, **PLACEHOLDERS})
    del values["TMPDIR"]
    return values | {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
