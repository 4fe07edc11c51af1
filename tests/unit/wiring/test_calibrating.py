from pathlib import Path
from typing import Any

import pytest

from grader.errors import InternalFault, LabFault
from grader.model.lab import CalibrationSpec
from grader.validating.calibrating import calibrate
from grader.wiring.calibrating import Calibration, calibrate_lab, write_calibration
from tests.fakes.labs import make_lab


def calibration(path: Path) -> Calibration:
    found = {"accuracy": calibrate(CalibrationSpec("accuracy", "test_a", "Accuracy"), [0.9], {})}
    return Calibration(path, {}, {"lab": "9.1", "was": "größer"}, found)


def test_a_lab_that_names_nothing_to_calibrate_is_told_so():
    stages: Any = None  # nothing is run
    with pytest.raises(LabFault, match="nothing to calibrate") as caught:
        calibrate_lab(make_lab("9.1"), stages, 3, print)
    assert caught.value.code == "GR201"


def test_the_file_is_readable_text_with_a_last_line_end(tmp_path: Path):
    write_calibration(calibration(tmp_path / "calibration-9.1.json"))
    assert (tmp_path / "calibration-9.1.json").read_text("utf-8") == '{\n  "lab": "9.1",\n  "was": "größer"\n}\n'


def test_a_file_that_cannot_be_written_is_our_fault(tmp_path: Path):
    with pytest.raises(InternalFault) as caught:
        write_calibration(calibration(tmp_path / "none" / "calibration-9.1.json"))
    assert caught.value.code == "GR507"
