"""What the student's functions returned on inputs of ours; a function without an answer is a failure of the check."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from grader.checking.documents import JsonObject
from grader.checking.outcome import CheckFailure, Missing
from grader.checking.words import printable
from grader.model.probe import Probe, ProbeCall, ProbeError, ProbeRecord
from grader.probing.building import build

_ARGUMENTS_LIMIT = 160


@dataclass(frozen=True)
class Tensor:
    """A tensor or an array that a function returned."""

    dtype: str
    """Such as `float32`."""
    shape: tuple[int, ...]
    device: str
    """`cpu`, `cuda`, or `numpy` for an array."""
    requires_grad: bool
    values: tuple[float, ...]
    """All entries, the last axis fastest."""

    def array(self) -> Any:
        """Return the entries as a numpy array of float64, in the tensor's shape."""
        import numpy as np

        return np.array(self.values, dtype=np.float64).reshape(self.shape)


@dataclass(frozen=True)
class Pipeline:
    """A pipeline of transformers that a function returned."""

    number: int
    """The same for the same object, among the calls of one probe."""
    task: str
    training: bool
    """Whether its model was in train mode."""


@dataclass(frozen=True)
class Call:
    """One call of a function of the student's."""

    name: str
    made: ProbeCall

    @property
    def inputs(self) -> dict[str, Any]:
        """The arguments by name, as plain data: trusted, they were made outside of the sandbox."""
        return self.made.inputs

    @property
    def words(self) -> str:
        """The call as the student would write it, cut where it is long."""
        text = ", ".join(f"{name}={_shown(value)}" for name, value in self.inputs.items())
        return printable(f"{self.name}({text[:_ARGUMENTS_LIMIT]}{'…' if len(text) > _ARGUMENTS_LIMIT else ''})")

    @property
    def output(self) -> Any:
        """What the function returned: numbers, texts, lists, `Tensor`s, and mappings whose missing keys are failures.

        Raises:
            CheckFailure: the function gave no answer; the sentence says why.
        """
        if self.made.error is not None:
            raise self._failure(self.made.error)
        return self._decoded(self.made.output)

    def tensor(self, key: str = "") -> Tensor:
        """Return the output, or the entry of it with this name, where a tensor is needed.

        Raises:
            CheckFailure: there is no answer, or it is something else.
        """
        value = self._entry(key)
        if not isinstance(value, Tensor):
            raise self._unsuitable(key, value, "a tensor")
        return value

    def pipeline(self) -> Pipeline:
        """Return what is known of the output where a pipeline of transformers is needed.

        Raises:
            CheckFailure: there is no answer, or it is something else.
        """
        value = self.output
        if not isinstance(value, Pipeline):
            raise self._unsuitable("", value, "a pipeline")
        return value

    def number(self, key: str = "") -> float:
        """Return the output, or the entry of it with this name, where a number is needed.

        Raises:
            CheckFailure: there is no answer, or it is something else.
        """
        value = self._entry(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._unsuitable(key, value, "a number")
        return value

    def items(self) -> list[Any]:
        """Return the output where a list is needed.

        Raises:
            CheckFailure: there is no answer, or it is something else.
        """
        value = self.output
        if not isinstance(value, list):
            raise self._unsuitable("", value, "a list")
        return cast("list[Any]", value)

    def training(self, name: str) -> list[bool] | None:
        """Return the training flags that a module had after the call, itself first; None when they are not known."""
        after = self.made.after.get(name)
        flags = cast("dict[str, Any]", after).get("training") if isinstance(after, dict) else None
        if not isinstance(flags, list):
            return None
        return [flag is True for flag in cast("list[Any]", flags)]

    def built(self, name: str) -> Any:
        """Build an argument again: the tensor, module or transformer that the function was given."""
        return build(self.inputs[name])

    def _entry(self, key: str) -> Any:
        value = self.output
        if not key:
            return value
        if not isinstance(value, JsonObject):
            raise self._unsuitable("", value, f"a dictionary with `{key}`")
        return value[key]

    def _decoded(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._decoded(entry) for entry in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        content = cast("dict[str, Any]", value)
        for tag, read in _READERS.items():
            if tag in content:
                return read(content[tag])
        return JsonObject({key: self._decoded(entry) for key, entry in content.items()}, f"What `{self.name}` returned")

    def _unsuitable(self, key: str, value: Any, wanted: str) -> CheckFailure:
        what = f"`{key}` of what `{self.name}` returned" if key else f"What `{self.words}` returned"
        return CheckFailure(f"{what} is {_kind(value)}; {wanted} is needed.")

    def _failure(self, error: ProbeError) -> CheckFailure:
        text = printable(error.text, 300)
        if error.kind == "missing":
            return Missing(f"The notebook has no function `{self.name}`.", "Take its cell back from the starter.")
        if error.kind == "not callable":
            return Missing(f"`{self.name}` is not a function when the notebook ends.", "Is the name used twice?")
        sentences = {
            "not attempted": f"{text.partition(':')[0] or self.name} is not attempted yet.",
            "timeout": f"`{self.words}` did not come to an end in the time that it has.",
            "ended": f"`{self.words}` ended the Python process ({text}).",
            "too large": f"`{self.words}` returned too much: {text or 'more than is kept'}.",
            "unsuitable": f"`{self.words}` returned {text or 'what cannot be kept as data'}.",
            "raised": f"`{self.words}` raised {text}",
        }
        if error.kind in sentences:
            return CheckFailure(sentences[error.kind])
        before = f"`{self.name}` could not be called: the notebook's process had ended before."
        return CheckFailure(before, "Make the notebook run to its end: functions are called after its last cell.")


@dataclass(frozen=True)
class Probes:
    """All probes of a run."""

    record: ProbeRecord

    def of(self, name: str, inputs: str = "") -> tuple[Call, ...]:
        """Return the calls of a function.

        Args:
            name: the function.
            inputs: a generator of lab.toml; the calls on all kinds of inputs when left out.

        Returns:
            The calls, in order.

        Raises:
            KeyError: lab.toml names no such probe: a mistake of the lab's author.
        """
        found: list[Probe] = [
            probe for probe in self.record.probes if probe.name == name and inputs in {"", probe.inputs}
        ]
        if not found:
            raise KeyError(f"lab.toml has no probe {name} {inputs}")
        return tuple(Call(name, call) for probe in found for call in probe.calls)


def _tensor(content: Any) -> Tensor:
    """Read a tensor as the harness writes it; a forged one is no tensor."""
    try:
        values = tuple(_number(value) for value in content["values"])
        shape = tuple(int(size) for size in content["shape"])
        tensor = Tensor(str(content["dtype"]), shape, str(content["device"]), content["requires_grad"] is True, values)
    except (KeyError, TypeError, ValueError, OverflowError) as exc:
        raise CheckFailure("What the function returned cannot be read as a tensor.") from exc
    if min(shape, default=0) < 0 or math.prod(shape) != len(values):
        raise CheckFailure("What the function returned is a tensor with too few or too many values.")
    return tensor


def _pipeline(content: Any) -> Pipeline:
    """Read a pipeline as the harness writes it; a forged one is no pipeline."""
    try:
        return Pipeline(int(content["number"]), str(content["task"]), content["training"] is True)
    except (KeyError, TypeError, ValueError, OverflowError) as exc:
        raise CheckFailure("What the function returned cannot be read as a pipeline.") from exc


#: What stands for something else, and how it is read.
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "$float": float,
    "$dtype": lambda name: f"torch.{name}",
    "$tensor": _tensor,
    "$pipeline": _pipeline,
}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, str) else value + 0


def _kind(value: Any) -> str:
    if value is None:
        return "nothing (None)"
    names: dict[type[Any], str] = {
        bool: "yes or no",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        Tensor: "a tensor",
        Pipeline: "a pipeline",
    }
    return names.get(cast("type[Any]", type(value)), "a dictionary")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        content = cast("Mapping[str, Any]", value)
        if "$dtype" in content:
            return f"torch.{content['$dtype']}"
        if "$tensor" in content:
            return f"tensor of shape {content['$tensor']['shape']}"
        if "$module" in content or "$transformer" in content:
            return "model"
    return repr(value)
