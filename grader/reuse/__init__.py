"""Remembers what was run and judged, so that nothing is done twice."""

from grader.reuse.keys import installed_sha256, make_key, sources_sha256
from grader.reuse.store import Entry, Store

__all__ = ["Entry", "Store", "installed_sha256", "make_key", "sources_sha256"]
