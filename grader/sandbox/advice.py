"""Says how a machine could contain more than it does: what a person can install or allow, once, as root."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from grader.sandbox.base import Promise

INSTALL = "install bubblewrap (`apt-get install bubblewrap`, `dnf install bubblewrap`)"
APPARMOR = "Ubuntu forbids user namespaces: install `apparmor-profiles` and enable its profile bwrap-userns-restrict"
NO_NAMESPACES = "this kernel forbids user namespaces: set {name} to {value} by sysctl"
DELEGATE = (
    "for memory counted by the kernel start the grader in `systemd-run --user --scope -p Delegate=yes`, or as root"
)
CONTAINER = "in a container allow user namespaces: in Docker `--security-opt seccomp=unconfined`"
#: Settings that forbid namespaces when they have the first value, what they have to be, and what to say.
_SWITCHES = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0", APPARMOR),
    ("kernel/unprivileged_userns_clone", "0", "1", NO_NAMESPACES),
    ("user/max_user_namespaces", "0", "10000", NO_NAMESPACES),
)


def how_to_get_more(promise: Promise, system: Path = Path("/proc/sys"), root: Path = Path("/")) -> tuple[str, ...]:
    """Return what would make containment stronger than it is.

    Args:
        promise: of the strongest containment that works.
        system: where the kernel's settings are read.
        root: where signs of a container are looked for.

    Returns:
        Sentences without a full stop; none where nothing is to be gained.
    """
    found: list[str] = []
    if promise.backend != "bubblewrap":
        if shutil.which("bwrap") is None:
            found.append(INSTALL)
        found += _switches(system)
        if not promise.official and _in_container(root):
            found.append(CONTAINER)
    if promise.official and not any("by the kernel" in what for what in promise.covers):
        found.append(DELEGATE)
    return tuple(found)


def _switches(system: Path) -> Iterable[str]:
    for name, forbidding, wanted, sentence in _SWITCHES:
        try:
            value = (system / name).read_text("ascii").strip()
        except OSError:
            continue
        if value == forbidding:
            yield sentence.format(name=name.replace("/", "."), value=wanted)


def _in_container(root: Path) -> bool:
    return any((root / name).exists() for name in (".dockerenv", "run/.containerenv"))
