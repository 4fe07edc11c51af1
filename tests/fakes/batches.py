"""Makes tasks, and an engine whose workers are plain functions."""

from typing import Any

from grader.batch.spool import Outcome, Spool, Task


def a_task(key: str, **changes: Any) -> Task:
    """A task of the small lab."""
    values: dict[str, Any] = {
        "key": key,
        "kind": "grade",
        "submission": 1,
        "exec_key": f"run {key}",
        "judge_key": key,
        "inputs": {},
        "lab_id": "0.1",
        "student_id": f"student {key}",
        "notebook": "lab.ipynb",
        "run_folder": f"/runs/{key}",
        "profile": "miniature",
        "device": "cpu",
    }
    return Task(**(values | changes))


class FakeEngine:
    """An engine whose worker does what the test says, by key: an outcome, None for a worker that dies, or a call."""

    def __init__(self, spool: Spool, script: dict[str, list[Any]] | None = None) -> None:
        """Take what to do for each key, time after time; a key that is not named is graded."""
        self.spool = spool
        self.script = script or {}
        self.started: list[str] = []
        self.killed: list[str] = []

    async def run(self, key: str) -> str:
        """Do the next thing of the script."""
        self.started.append(key)
        steps = self.script.get(key)
        step = steps.pop(0) if steps else Outcome(key, "graded", f"/runs/{key}")
        if callable(step):
            step = await step()
        if step is not None:
            self.spool.write_outcome(step)
        return "it was killed by signal 9" if step is None else "it ended with exit code 0"

    def kill(self, key: str) -> None:
        """Remember who was killed."""
        self.killed.append(key)
