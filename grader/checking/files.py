"""The artifacts of the run as a check sees them: read as data, and every fault of a file told to the student."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from grader.artifacts import locate
from grader.artifacts.json_file import read_json_file
from grader.artifacts.notebook_file import ExecutedCell, read_executed_cells
from grader.artifacts.safetensors_file import SafetensorsHeader, read_safetensors_header
from grader.artifacts.tables import Table, read_table
from grader.checking.documents import JsonObject
from grader.checking.outcome import CheckFailure, Missing
from grader.checking.words import printable
from grader.model.lab import Lab


@dataclass(frozen=True)
class Artifacts:
    """The collected files below `artifacts/`; names are POSIX paths such as `model/config.json`."""

    root: Path
    lab: Lab

    def json(self, name: str) -> JsonObject:
        """Read a JSON file that holds an object.

        Raises:
            SubmissionFault: the file is missing or cannot be read.
            CheckFailure: it holds something else than an object.
        """
        data = read_json_file(self.root, name)
        if not isinstance(data, dict):
            raise CheckFailure(f"{name} holds no object: it should start with {{ and name its values.")
        return JsonObject(cast("dict[str, Any]", data), name)

    def table(self, name: str) -> Table:
        """Read a CSV or Parquet table.

        Raises:
            SubmissionFault: the file is missing or cannot be read.
        """
        return read_table(self.root, name)

    def safetensors(self, name: str) -> SafetensorsHeader:
        """Read the names, dtypes and shapes of a safetensors file; no weight is loaded.

        Raises:
            SubmissionFault: the file is missing, damaged or a pickle.
        """
        return read_safetensors_header(self.root, name)

    def path(self, name: str) -> Path:
        """Return the path of a plain file, to be read as data.

        Raises:
            SubmissionFault: the file is missing.
        """
        return locate.find_file(self.root, name)

    def exists(self, name: str) -> bool:
        """Tell whether a file or folder is there."""
        return locate.exists(self.root, name)

    def names(self, folder: str = "") -> tuple[str, ...]:
        """List the plain files below a folder, by paths relative to it; none when the folder is not there."""
        place = self.root / folder if folder else self.root
        return locate.plain_files(place) if not folder or locate.exists(self.root, folder) else ()

    def fits_schema(self, name: str) -> JsonObject:
        """Read a JSON file and compare it with the schema that lab.toml names for it.

        Returns:
            The object, when it fits.

        Raises:
            SubmissionFault: the file is missing or cannot be read.
            CheckFailure: it does not fit; up to five differences are named.
            KeyError: lab.toml names no schema for this file: a mistake of the lab's author.
        """
        import jsonschema

        schemas = {spec.path: spec.schema for spec in self.lab.artifacts if spec.schema}
        if name not in schemas:  # before the file is read: nobody may be blamed for what is in it
            raise KeyError(f"lab.toml names no schema for {name}")
        document = self.json(name)
        schema = json.loads((self.lab.toml.parent / schemas[name]).read_text(encoding="utf-8"))
        errors = sorted(
            jsonschema.Draft202012Validator(schema).iter_errors(document.plain()), key=lambda error: error.json_path
        )
        if errors:
            told = [f"{error.json_path.removeprefix('$.')}: {printable(error.message, 160)}" for error in errors[:5]]
            raise CheckFailure(f"{name} is not as the lab asks. " + "; ".join(told) + ".")
        return document


@dataclass(frozen=True)
class Notebook:
    """The code cells of the notebook as it ran. What they printed is a claim of the student's."""

    cells: tuple[ExecutedCell, ...]

    @classmethod
    def read(cls, run_folder: Path) -> "Notebook":
        """Read executed.ipynb of a run folder.

        Raises:
            SubmissionFault: it is missing or cannot be read.
        """
        return cls(read_executed_cells(run_folder))

    def cell(self, tag: str) -> ExecutedCell:
        """Return the first code cell with a tag.

        Raises:
            Missing: no cell has it.
        """
        for cell in self.cells:
            if tag in cell.tags:
                return cell
        raise Missing(f"The notebook has no cell tagged `{tag}`.", "Take the cell back from the lab's starter.")
