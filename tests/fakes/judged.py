"""Builds a lab with check modules and a collected run, and has it judged."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader.checking.job import CheckJob
from grader.checking.runner import run_checks
from grader.model.artifact import ArtifactFile, ArtifactManifest
from grader.model.files import write_json
from grader.model.lab import ArtifactSpec, Lab, Limits
from grader.model.verdict import Verdict, Verdicts
from tests.fakes.course import a_lab, a_run
from tests.fakes.subprocess_sandbox import SubprocessSandbox

HEADER = "from grader.checking.api import CheckFailure, Missing, check\n\n"
LIMITS = Limits(wall_seconds=60.0)
ARTIFACTS = (
    *(ArtifactSpec(f"{name}.json", "json", "Numbers") for name in ("answer", "facts", "metrics")),
    ArtifactSpec("model.safetensors", "safetensors", "Weights"),
    ArtifactSpec("table.csv", "csv", "Rows"),
)


@dataclass
class Workplace:
    """A folder with checks/, labs/ and one run."""

    root: Path
    sandbox: SubprocessSandbox = field(default_factory=SubprocessSandbox)

    @property
    def run_folder(self) -> Path:
        return self.root / "runs" / "0.1-9f3c1a"

    def lab(self, visible: str, hidden: str = "", **changes: Any) -> Lab:
        """Write the check modules and return a lab whose points are those of its checks."""
        lab = a_lab(self.root, exercises=(), artifacts=ARTIFACTS)
        lab.checks_root.mkdir(parents=True, exist_ok=True)
        lab.toml.parent.mkdir(parents=True, exist_ok=True)
        lab.check_modules[0].write_text(HEADER + visible, encoding="utf-8")
        modules = "modules = ['test_lab_0_1.py']\n"
        if hidden:
            path = lab.checks_root / "hidden" / "test_lab_0_1_hidden.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(HEADER + hidden, encoding="utf-8")
            lab = replace(lab, hidden_check_modules=(path,))
            modules += "hidden = ['hidden/test_lab_0_1_hidden.py']\n"
        lab.toml.write_text(f"[checks]\n{modules}", encoding="utf-8")
        return replace(lab, **{"points": float((visible + hidden).count("points=")), **changes})

    def collect(self, files: Mapping[str, bytes | str] | None = None, **run: Any) -> Path:
        """Write the artifacts, the manifest and run.json; return the folder of the artifacts."""
        root = self.run_folder / "artifacts"
        root.mkdir(parents=True, exist_ok=True)
        for name, data in (files or {}).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        self.seal()
        write_json(self.run_folder / "run.json", a_run(a_lab(self.root), **run))
        return root

    def seal(self) -> ArtifactManifest:
        """Write the manifest of what is there."""
        manifest = manifest_of(self.run_folder / "artifacts")
        write_json(self.run_folder / "manifest.json", manifest)
        return manifest

    def judge(self, lab: Lab, **job: Any) -> dict[str, Verdict]:
        """Judge the run; return the verdicts by id."""
        return {verdict.check.id: verdict for verdict in self.verdicts(lab, **job).verdicts}

    def verdicts(self, lab: Lab, **job: Any) -> Verdicts:
        """Judge the run."""
        values = {"bases": {}, "cache_dir": self.root / "cache", "limits": LIMITS} | job
        return run_checks(CheckJob(self.run_folder, lab, **values), self.sandbox)


def manifest_of(root: Path) -> ArtifactManifest:
    """The manifest of a folder."""
    files = tuple(
        ArtifactFile(path.relative_to(root).as_posix(), path.stat().st_size, hash_of(path))
        for path in sorted(root.rglob("*"))
        if path.is_file()
    )
    return ArtifactManifest("0.1-9f3c1a", files, (), sum(file.size_bytes for file in files), "a" * 64)


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
