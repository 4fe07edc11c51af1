"""Makes labs for tests that need one but not its files."""

from pathlib import Path
from typing import Any

from grader.model.lab import Lab, Limits, Profile

COMMON = ("output_dir", "seed", "student_id", "device", "profile")


def make_lab(lab_id: str = "2.5.4", **changes: Any) -> Lab:
    """Return a small lab whose paths need not exist."""
    root = changes.pop("root", Path("/course"))
    slug = changes.pop("slug", f"lab-{lab_id}-example")
    values: dict[str, Any] = {
        "id": lab_id,
        "title": "Fine-tune a classifier",
        "version": "1.0.0",
        "track": "module-2.5",
        "slug": slug,
        "minutes": 60,
        "points": 10.0,
        "bonus": 2.0,
        "parameters": (*COMMON, "train_rows"),
        "profiles": {"miniature": Profile("miniature", {"train_rows": 2000}, Limits())},
        "artifacts": (),
        "exercises": (),
        "check_modules": (),
        "hidden_check_modules": (),
        "measurements": (),
        "hub_models": (),
        "hub_datasets": (),
        "starter": root / f"labs/module-2.5/{slug}.ipynb",
        "solution": root / f"solutions/module-2.5/{slug}.ipynb",
        "checks_root": root / "checks/module-2.5",
        "toml": root / f"labs/module-2.5/lab-{lab_id}.toml",
    }
    return Lab(**(values | changes))
