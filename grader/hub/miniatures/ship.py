"""Write the snapshot that is shipped: `python -m grader.hub.miniatures.ship [WORKERS]`, for maintainers."""

import sys
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from grader.hub.miniatures.build import OnProgress, Workshop
from grader.hub.miniatures.catalogue import load_catalogue
from grader.hub.miniatures.snapshot import Manifest, pack


def ship(workshop: Workshop, on_progress: OnProgress, workers: int = 1) -> Manifest:
    """Make what is not made yet, and write all that is to be shipped into the snapshot.

    Args:
        workshop: its snapshot is replaced; builds whose key it already holds are kept as they are.
        on_progress: told what is being made, and the share done.
        workers: how many builds are made side by side.

    Returns:
        The manifest of the snapshot.
    """
    names = [name for name, build in workshop.catalogue.builds.items() if build.shipped]
    made = workshop.ensure(names, on_progress, workers)
    return pack({name: (found.key, found.figures, found.folder) for name, found in made.items()}, workshop.snapshot)


def main(arguments: Sequence[str], workshop: Workshop | None = None) -> None:
    """Ship, and say what it costs before and what came of it after.

    Args:
        arguments: of the command: how many builds are made side by side, 1 when left out.
        workshop: whose snapshot is written; that of this package, with this user's cache, when left out.
    """
    place = workshop or Workshop(Path(platformdirs.user_cache_dir("grader")) / "miniatures", load_catalogue())
    plan = place.plan(name for name, build in place.catalogue.builds.items() if build.shipped)
    _say(f"{len(plan.builds)} builds to make, about {plan.seconds / 60:.0f} minutes on one core\n")
    manifest = ship(
        place, lambda name, share: _say(f"\r{name:<24} {share:4.0%} "), int(arguments[0]) if arguments else 1
    )
    size = sum(path.stat().st_size for path in (place.snapshot / "blobs").iterdir())
    _say(f"\n{len(manifest.builds)} builds shipped, {size / 1e6:.1f} MB\n")


def _say(text: str) -> None:
    sys.stderr.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
