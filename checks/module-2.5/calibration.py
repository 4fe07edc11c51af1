"""Reads the thresholds of a lab, which lie beside lab.toml with the runs that they come from."""

import json


def thresholds(lab) -> dict[str, dict[str, float]]:
    """The thresholds of a lab by check."""
    return json.loads(lab.toml.with_name(f"calibration-{lab.id}.json").read_text("utf-8"))["thresholds"]
