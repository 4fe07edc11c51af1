"""The options that bubblewrap gets: what a box sees of the machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.sandbox.base import Command

#: Memory file systems of a box, each with a size: bubblewrap's own would have none.
TEMPORARY = "/tmp"  # noqa: S108  the box's own
SHARED_MEMORY = "/dev/shm"  # noqa: S108  the box's own
_TEMPORARY_BYTES = 256 * 1024**2
_SHARED_MEMORY_BYTES = 512 * 1024**2
_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/ssl/certs", "/etc/nsswitch.conf", "/etc/hosts")
_PATH = "/usr/local/bin:/usr/bin:/bin"


def bwrap_arguments(command: Command, sources: Sequence[tuple[Path, bool]], shown: Mapping[Path, Path]) -> list[str]:
    """Return the options of a box.

    Args:
        command: what will run in it.
        sources: paths to show and whether they may be written, parents before what lies in them.
        shown: where bubblewrap finds each of them.

    Returns:
        Options, to be handed over by `--args`.
    """
    return [
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--clearenv"),
        # as root's, bubblewrap would keep every capability
        *("--cap-drop", "ALL", "--hostname", "grader"),
        *_system(),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(_SHARED_MEMORY_BYTES), "--tmpfs", SHARED_MEMORY),
        *("--size", str(_TEMPORARY_BYTES), "--tmpfs", TEMPORARY),
        *(_gpu() if command.gpu else ()),
        *_binds(sources, shown),
        *("--setenv", "PATH", _PATH, "--setenv", "LANG", "C.UTF-8", "--chdir", "/"),
        # last: these two are memory file systems without a size
        *("--remount-ro", "/dev", "--remount-ro", "/"),
    ]


def _system() -> list[str]:
    options = ["--ro-bind", "/usr", "/usr"]
    for name in _LINKS:
        path = Path(name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            options += ["--ro-bind", name, name]
    for name in _ETC:
        options += ["--ro-bind-try", name, name]
    return options


def _binds(sources: Sequence[tuple[Path, bool]], shown: Mapping[Path, Path]) -> list[str]:
    options: list[str] = []
    for path, writable in sources:
        options += ["--bind" if writable else "--ro-bind", str(shown[path]), str(path)]
    return options


def _gpu() -> list[str]:
    """Device nodes must be bound as such, and the driver reads /sys."""
    options = ["--ro-bind", "/sys", "/sys"]
    for path in sorted(Path("/dev").glob("nvidia*")):
        if not path.is_dir():
            options += ["--dev-bind", str(path), str(path)]
    return options
