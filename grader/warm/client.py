"""The grader's side of a warm server that is there: finds it, asks it for supervisors, stops it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ANSWER_SECONDS = 20.0
SOCKET = "socket"
FACTS = "server.json"


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
        return (self.folder / SOCKET).exists()

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
                connection.connect(f"/proc/self/fd/{place}/{SOCKET}")
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
            (self.folder / SOCKET).unlink(missing_ok=True)


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
        refuse_shared(folder)
        known = json.loads((folder / FACTS).read_text("utf-8"))
        server.facts()
    except (OSError, ValueError, WarmFault):
        return None
    if known.get("fingerprint") != fingerprint or not set(modules) <= set(known.get("modules", [])):
        raise WarmFault("the warm server was started before something was installed or changed")
    return server


def refuse_shared(folder: Path) -> None:
    """Refuse a folder into which anybody else could put a server.

    Raises:
        WarmFault: it is not this user's alone.
    """
    state = folder.lstat()
    if state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise WarmFault(f"{folder} is not this user's alone")
