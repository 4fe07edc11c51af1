"""What the benchmarks make of their figures."""

import pytest

from bench.__main__ import MEASURED
from bench.labs import LabRun, labs_lines


@pytest.mark.parametrize(("wall", "met"), [(30.0, True), (30.4, False)])
def test_a_lab_that_takes_too_long_is_marked(wall, met):
    run = LabRun("2.5.1", "smoke", wall, 12.0, 3 * 1024**3 // 2, 30)

    line = labs_lines([run])[-1]

    assert run.met is met
    assert line.startswith("| 2.5.1 | smoke | 30 s | 12 s | 1.5 GiB | 30 s")
    assert ("missed" in line) is not met


def test_everything_that_can_be_measured_is_offered(capsys):
    from bench.__main__ import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["bench", "--help"])
        with pytest.raises(SystemExit):
            main()

    assert set(MEASURED) <= set(capsys.readouterr().out.replace("{", ",").replace("}", ",").split(","))
