"""Puts lists of names into sentences."""


def some(names, most: int = 3) -> str:
    """The first few names, and how many more there are."""
    listed = [str(name)[:60] for name in names]
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
