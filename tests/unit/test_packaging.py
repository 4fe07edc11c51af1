"""An installation that is no checkout has everything that the grader reads of itself."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The files of a wheel, laid out as its build does."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    site = tmp_path_factory.mktemp("site")
    for package in wheel["packages"]:
        shutil.copytree(ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__", "blobs"))
    for source, target in wheel["force-include"].items():
        shutil.copytree(ROOT / source, site / target)
    return site


@pytest.mark.parametrize(
    "page", ["report.html.j2", "class.html.j2", "strength.html.j2", "web/base.html.j2", "report.css"]
)
def test_the_templates_of_pages_are_in_the_package(installed, page):
    code = "from grader.reporting.render import TEMPLATES; print(TEMPLATES)"
    done = subprocess.run([sys.executable, "-c", code], cwd=installed, capture_output=True, text=True, check=True)

    folder = Path(done.stdout.strip())
    assert folder.is_relative_to(installed)
    assert (folder / page).read_bytes() == (ROOT / "reports" / "templates" / page).read_bytes()
