"""Sizes and times as people read them: the same in messages, on the terminal and in pages."""

import math


def duration(seconds: float) -> str:
    """Return a span of time: `0.4 s`, `12 s`, `1 min 12 s`, `1 h 4 min`."""
    if not math.isfinite(seconds) or seconds < 0:
        return "–"
    if 0 < seconds < 0.05:
        return "under 0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: float) -> str:
    """Return bytes in binary units: `31 KiB`, `2.1 GiB`."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit in {"B", "KiB"} or abs(value) >= 100 else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:,.1f} TiB"
