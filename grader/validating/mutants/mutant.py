"""One generated wrong submission, or a harmless change."""

from dataclasses import dataclass
from typing import Any

from grader.model.lab import Lab
from grader.validating.cases import Case, Edit


@dataclass(frozen=True)
class Mutant:
    """One generated change of the reference run's artifacts; its edits could stand in a case.toml."""

    name: str
    """`<file>:<place>:<what>`, what `survivors.toml` refers to."""
    file: str
    """The artifact file that is changed."""
    kind: str
    """What is done, such as `forged` or `truncated`."""
    edits: tuple[Edit, ...]
    harmless: bool = False
    """Whether the change must cost nothing."""

    def as_case(self, lab: Lab) -> Case:
        """Return the mutant as a case of a lab; which checks must see it, nobody has said."""
        folder = lab.checks_root / "cases" / lab.id / "generated"
        return Case(self.name, f"generated: {self.name}", (), self.edits, None, folder)


def mutant(file: str, kind: str, operator: str, place: str = "", *, harmless: bool = False, **arguments: Any) -> Mutant:
    """Return a mutant of one edit on one file.

    Args:
        file: the artifact file.
        kind: what is done, in a word or two.
        operator: the operator's name.
        place: where in the file, for its name.
        harmless: whether it must cost nothing.
        arguments: of the operator, beside the file.
    """
    name = ":".join(part for part in (file, place, kind) if part)
    return Mutant(name, file, kind, (Edit(operator, {"path": file, **arguments}),), harmless)
