import pytest

from grader.errors import SubmissionFault
from grader.intake.kernel import check_kernel


def metadata(name=None, language=None, info=None, version=None, display=None):
    spec = {"name": name, "language": language, "display_name": display}
    language_info = {"name": info, "version": version}
    return {
        "kernelspec": {key: value for key, value in spec.items() if value is not None},
        "language_info": {key: value for key, value in language_info.items() if value is not None},
    }


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="nothing said"),
        pytest.param({"kernelspec": None, "language_info": 3}, id="nonsense said"),
        pytest.param(metadata("python3", "python", "python", "3.12.1"), id="usual"),
        pytest.param(metadata(info="ipython"), id="language only"),
    ],
)
def test_python_3_is_accepted_without_a_word(given):
    assert check_kernel(given, "lab.ipynb") == ()


@pytest.mark.parametrize("name", ["conda-env-hf-py", "venv", "python3.12", "Python3-gpu", "iridium"])
def test_another_name_for_a_python_kernel_is_accepted_with_a_notice(name):
    (notice,) = check_kernel(metadata(name, display="My kernel"), "lab.ipynb")

    assert notice.code == "GR322"
    assert "'My kernel'" in notice.message


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param(metadata("ir", "R", "R", "4.3"), "written in R", id="R"),
        pytest.param(metadata("julia-1.9", "julia"), "written in julia", id="Julia by kernelspec"),
        pytest.param(metadata("python3", info="scala"), "written in scala", id="language against kernel"),
        pytest.param(metadata("ir"), "not a Python kernel", id="R by kernel name alone"),
        pytest.param(metadata("julia-1.10"), "not a Python kernel", id="Julia by kernel name alone"),
        pytest.param(metadata("xcpp17"), "not a Python kernel", id="C++ by kernel name alone"),
        pytest.param(metadata("python2", "python"), "Python 2", id="Python 2 by name"),
        pytest.param(metadata("python3", "python", "python", "2.7.18"), "Python 2", id="Python 2 by version"),
        pytest.param(metadata("x", "\x1b[2J"), "\\x1b[2J", id="hostile language"),
    ],
)
def test_another_language_is_refused(given, says):
    with pytest.raises(SubmissionFault) as caught:
        check_kernel(given, "lab.ipynb")

    assert caught.value.code == "GR307"
    assert says in caught.value.message
