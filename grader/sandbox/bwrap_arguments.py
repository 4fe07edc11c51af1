"""The options that bubblewrap gets: what a box sees of the machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.sandbox.base import Command

#: Memory file systems of a box, each with a size: bubblewrap's own would have none.
TEMPORARY = "/tmp"  # noqa: S108  the box's own
SHARED_MEMORY = "/dev/shm"  # noqa: S108  the box's own
MEMORY_SIZES = {SHARED_MEMORY: 512 * 1024**2, TEMPORARY: 256 * 1024**2}
_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
#: Shown where the machine has them.
OPTIONAL_FILES = (
    *("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/ssl/certs", "/etc/nsswitch.conf", "/etc/hosts"),
)
BOX_PATH = "/usr/local/bin:/usr/bin:/bin"


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
        *(word for path, size in MEMORY_SIZES.items() for word in ("--size", str(size), "--tmpfs", path)),
        *(_gpu() if command.gpu else ()),
        *_binds(sources, shown),
        *("--setenv", "PATH", BOX_PATH, "--setenv", "LANG", "C.UTF-8", "--chdir", "/"),
        # last: these two are memory file systems without a size
        *("--remount-ro", "/dev", "--remount-ro", "/"),
    ]


def system_folders() -> tuple[list[Path], list[tuple[str, str]]]:
    """Return the folders of the system's programs, and the links that stand beside them as (name, target)."""
    folders, links = [Path("/usr")], list[tuple[str, str]]()
    for name in _LINKS:
        path = Path(name)
        if path.is_symlink():
            links.append((name, str(path.readlink())))
        elif path.is_dir():
            folders.append(path)
    return folders, links


def device_nodes() -> list[str]:
    """Return the device nodes of NVIDIA GPUs."""
    return [str(path) for path in sorted(Path("/dev").glob("nvidia*")) if not path.is_dir()]


def _system() -> list[str]:
    folders, links = system_folders()
    options: list[str] = []
    for path in folders:
        options += ["--ro-bind", str(path), str(path)]
    for name, target in links:
        options += ["--symlink", target, name]
    for name in OPTIONAL_FILES:
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
    for path in device_nodes():
        options += ["--dev-bind", path, path]
    return options
