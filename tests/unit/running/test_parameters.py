"""Choosing what is injected."""

import pytest

from grader.errors import UsageFault
from grader.model.lab import Limits, Profile
from grader.running.parameters import choose_parameters, choose_profile, derive_seed
from tests.fakes.labs import COMMON, make_lab

PROFILE = Profile("miniature", {"train_rows": 20, "rate": 0.1}, Limits())
LAB = make_lab(parameters=(*COMMON, "train_rows", "rate"), profiles={"miniature": PROFILE})


def chosen(**changes):
    return choose_parameters(LAB, PROFILE, "ada", **({"device": "cpu"} | changes))


def test_every_parameter_of_the_lab_gets_a_value_in_its_order():
    values = chosen()
    assert list(values) == list(LAB.parameters)
    assert values["output_dir"] == "artifacts"
    assert (values["student_id"], values["device"], values["profile"]) == ("ada", "cpu", "miniature")
    assert (values["train_rows"], values["rate"]) == (20, 0.1)


def test_the_seed_belongs_to_the_student_and_the_lab():
    assert chosen()["seed"] == derive_seed("ada", "2.5.4") == 6025
    assert derive_seed("bob", "2.5.4") != derive_seed("ada", "2.5.4") != derive_seed("ada", "2.5.5")
    assert chosen(seed=7)["seed"] == 7


def test_overrides_win_and_a_whole_number_may_stand_for_a_real_one():
    values = chosen(overrides={"train_rows": 3, "rate": 1, "seed": 9})
    assert (values["train_rows"], values["rate"], values["seed"]) == (3, 1, 9)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"train_row": 3}, "Did you mean train_rows"),
        ({"other": 3}, "Its parameters are"),
        ({"output_dir": "/"}, "option"),
        ({"train_rows": "many"}, "Give a value like 20"),
        ({"train_rows": 2.5}, "Give a value like 20"),
        ({"rate": float("nan")}, "lab.toml"),
    ],
)
def test_an_override_that_does_not_fit_is_refused(overrides, words):
    with pytest.raises(UsageFault) as caught:
        chosen(overrides=overrides)
    assert caught.value.code == "GR104"
    assert next(iter(overrides)) in caught.value.message
    assert words in caught.value.hint or words == "lab.toml"


def test_a_declared_parameter_that_no_profile_sets_may_be_overridden():
    lab = make_lab(parameters=(*COMMON, "extra"))
    values = choose_parameters(lab, Profile("p", {}, Limits()), "ada", device="cpu", overrides={"extra": "x"})
    assert values["extra"] == "x"


def test_an_unknown_profile_is_refused_with_the_known_ones():
    assert choose_profile(LAB, "miniature") is PROFILE
    with pytest.raises(UsageFault) as caught:
        choose_profile(LAB, "huge")
    assert (caught.value.code, caught.value.hint) == ("GR104", "Its profiles are: miniature.")
