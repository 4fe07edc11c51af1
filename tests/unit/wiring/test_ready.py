"""The process that forks workers has done once what each of them would do for the first time, and can be forked."""

import json
import subprocess
import sys

LOOK = """
import json, os, sys
from grader.hub.miniatures.catalogue import load_catalogue
from grader.reporting.render import TEMPLATES, page_environment
from grader.wiring.ready import get_ready
get_ready()
print(json.dumps({
    "threads": len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1,
    "heavy": [name for name in ("numpy", "torch", "pyarrow", "papermill") if name in sys.modules],
    "ready": [name for name in ("grader.wiring.work", "grader.checking.runner", "nbformat") if name in sys.modules],
    "catalogue": load_catalogue.cache_info().currsize,
    "templates": sorted(key[1] for key in page_environment(TEMPLATES).cache.keys()),
}))
"""


def test_a_process_that_is_ready_has_one_thread_and_nothing_to_do_for_the_first_time():
    done = subprocess.run([sys.executable, "-W", "error", "-c", LOOK], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)

    assert found["threads"] == 1
    assert found["heavy"] == []
    assert found["ready"] == ["grader.wiring.work", "grader.checking.runner", "nbformat"]
    assert found["catalogue"] == 1
    assert {"report.html.j2", "notebook.html.j2", "report.css"} <= set(found["templates"])
