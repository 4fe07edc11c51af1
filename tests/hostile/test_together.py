"""Files of several students lie in one box when runs are measured together: nothing in them may be executed."""

import json
import pickle
import shutil
from pathlib import Path

import pytest

from grader.checking.grouping import measure_together
from grader.checking.measured import injected, inputs_of
from grader.measuring.registry import key_of
from grader.sandbox.bubblewrap import BubblewrapSandbox
from tests.fakes.boxes import needs_boxes
from tests.fakes.grouped import ANSWERS, HIDDEN, RunsOfAClass
from tests.fakes.subprocess_sandbox import SubprocessSandbox

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile-runs")]


class Payload:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return exec, (f"import pathlib; pathlib.Path({str(self.mark)!r}).write_text('executed')",)


def pickled_weights(model: Path, mark: Path) -> None:
    (model / "model.safetensors").write_bytes(pickle.dumps(Payload(mark)))


def pickle_alone(model: Path, mark: Path) -> None:
    (model / "model.safetensors").unlink()
    (model / "pytorch_model.bin").write_bytes(pickle.dumps(Payload(mark)))


def remote_code(model: Path, mark: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    names = {"AutoConfig": "evil.Config", "AutoModelForSequenceClassification": "evil.Model"}
    (model / "config.json").write_text(json.dumps({**config, "auto_map": names, "trust_remote_code": True}))
    (model / "evil.py").write_text(f"open({str(mark)!r}, 'w').write('executed')")


def tokenizer_of_code(model: Path, mark: Path) -> None:
    (model / "tokenizer.json").write_bytes(pickle.dumps(Payload(mark)))


def modules_that_steer(model: Path, mark: Path) -> None:
    """Beside honest files: these are never looked at, and the model is measured."""
    for name in ("sitecustomize.py", "conftest.py", "torch.py", "modeling_bert.py", "__init__.py"):
        (model / name).write_text(f"open({str(mark)!r}, 'w').write('executed')")
    (model / "training_args.bin").write_bytes(pickle.dumps(Payload(mark)))


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    root = tmp_path_factory.mktemp("honest")
    return RunsOfAClass(root).prepare(3)


def keys_of(job):
    return {key_of(injected(spec, {"length": 12}), inputs_of(job)) for spec in (HIDDEN, ANSWERS)}


@pytest.mark.parametrize("sandbox", ["none", pytest.param("bubblewrap", marks=needs_boxes)])
@pytest.mark.parametrize(
    ("attack", "measured"),
    [
        (pickled_weights, False),
        (pickle_alone, False),
        (remote_code, False),
        (tokenizer_of_code, False),
        (modules_that_steer, True),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_model_with_code_in_it_is_left_out_and_nothing_of_it_runs(honest, tmp_path, attack, measured, sandbox):
    tmp_path.chmod(0o755)
    runs = RunsOfAClass(Path(shutil.copytree(honest.root, tmp_path / "class")))
    mark = tmp_path / "mark"
    attack(runs.model(2), mark)
    jobs = [runs.job(number) for number in range(3)]
    before = {path: path.read_bytes() for path in runs.root.rglob("*") if path.is_file()}

    made = measure_together(jobs, "always", BubblewrapSandbox() if sandbox == "bubblewrap" else SubprocessSandbox())

    assert not mark.exists()  # without walls a payload that ran would have left it
    found = {path.stem for path in runs.cache.glob("*.json")}
    assert found == set().union(*(keys_of(job) for job in (jobs if measured else jobs[:2])))
    assert made.runs == 2 + measured
    left = [path for path in runs.root.rglob("*") if path.is_file() and runs.cache not in path.parents]
    after = {path: path.read_bytes() for path in left}
    assert after == before


def test_the_payload_would_leave_its_mark(tmp_path):
    pickle.loads(pickle.dumps(Payload(tmp_path / "mark")))

    assert (tmp_path / "mark").read_text() == "executed"
