"""Write the snapshot that is shipped: `python -m grader.hub.miniatures.ship [WORKERS]`, for maintainers."""

import sys
from pathlib import Path

import platformdirs

from grader.hub.miniatures.build import OnProgress, Workshop
from grader.hub.miniatures.catalogue import load_catalogue
from grader.hub.miniatures.snapshot import SNAPSHOT, Manifest, pack


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


def main() -> None:
    """Ship from the cache of this user."""
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    workshop = Workshop(Path(platformdirs.user_cache_dir("grader")) / "miniatures", load_catalogue())
    plan = workshop.plan(workshop.catalogue.builds)
    _say(f"{len(plan.builds)} builds to make, about {plan.seconds / 60:.0f} minutes on one core\n")
    manifest = ship(workshop, lambda name, share: _say(f"\r{name:<24} {share:4.0%} "), workers)
    size = sum(path.stat().st_size for path in (SNAPSHOT / "blobs").iterdir())
    _say(f"\n{len(manifest.builds)} builds shipped, {size / 1e6:.1f} MB\n")


def _say(text: str) -> None:
    sys.stderr.write(text)


if __name__ == "__main__":
    main()
