"""Starts a real Ray cluster of several nodes on this machine, reachable through loopback alone."""

import contextlib
import importlib.util
import os
import shutil
import tempfile
import warnings
from pathlib import Path

import psutil
import pytest

#: Ray takes 127.0.0.1 for the address of a node only when it is told so, and reports to its makers unless told not to.
VARIABLES = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
_STORE_BYTES = 80 * 1024**2


def demand_ray() -> None:
    """Skip the test where Ray is not installed, or fail it where GRADER_REQUIRE_RAY asks for it."""
    if importlib.util.find_spec("ray") is not None:
        return
    if os.environ.get("GRADER_REQUIRE_RAY") == "1":
        pytest.fail("GRADER_REQUIRE_RAY is set and Ray is not installed.")
    pytest.skip("NOT TESTED HERE: Ray (`pip install ray`)")


class Nodes:
    """The nodes of a running cluster."""

    def __init__(self, cluster) -> None:
        """Keep the cluster."""
        self._cluster = cluster
        self.address = cluster.address

    def kill(self, process: psutil.Process) -> None:
        """Kill the node that a process runs on, at once and with all its processes, as a power cut would."""
        raylet = next(parent for parent in process.parents() if parent.pid in self._raylets())
        for victim in [raylet, *raylet.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()

    def away_from_the_head(self, process: psutil.Process) -> bool:
        """Whether a process runs on a node that may be lost: without its head there is no cluster."""
        return any(parent.pid in self._raylets() for parent in process.parents())

    def _raylets(self) -> set[int]:
        return {node.all_processes["raylet"][0].process.pid for node in self._cluster.worker_nodes}


@contextlib.contextmanager
def private_cluster(*resources):
    """Run a cluster with a node for each of these, such as `{"num_cpus": 1}`, the head first; yields its nodes."""
    demand_ray()
    folder = tempfile.mkdtemp(prefix="grader-ray-", dir="/tmp")  # the path of a socket must be short
    Path(folder, "ray").mkdir()  # where the address of the current cluster is written, which nobody makes
    variables = VARIABLES | {"RAY_TMPDIR": folder}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Ray's own processes, which it does not wait for
        from ray.cluster_utils import Cluster

        cluster = Cluster()
        try:
            for has in resources:
                cluster.add_node(
                    **has,
                    object_store_memory=_STORE_BYTES,
                    node_ip_address="127.0.0.1",
                    include_dashboard=False,
                    temp_dir=folder,
                )
            yield Nodes(cluster)
        finally:
            cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
