"""The floor: the cells alone, one after the other, in a process that has imported what they import."""

import contextlib
import json
import os
import sys
import time
from pathlib import Path

from bench.short.course import cells


def run(folder: Path, sources: list[str]) -> dict[str, float]:
    """Run the cells in a folder; seconds of the clock and of the CPU."""
    folder.mkdir(parents=True)
    os.chdir(folder)
    names: dict[str, object] = {"__name__": "__main__"}
    wall, cpu = time.perf_counter(), time.process_time()
    for source in sources:
        exec(source, names)
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def main() -> int:
    """Run the cells once for each folder that a line names."""
    sources = [source for _, source in cells()]
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            taken = run(Path(line.strip()), sources)
        print(json.dumps(taken), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
