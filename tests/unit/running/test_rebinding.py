"""Finding out whether the injected values were in force."""

import pytest

from grader.running.rebinding import Rebinding, bound_names, find_rebindings, judge_parameters


@pytest.mark.parametrize(
    "source",
    [
        "seed = 1",
        "seed += 1",
        "seed: int = 3",
        "for seed in x: pass",
        "del seed",
        "import a as seed",
        "from a import seed",
        "with open('x') as seed: pass",
        "class seed: pass",
        "def seed(): pass",
        "[(seed := 1) for i in range(3)]",
        "try: pass\nexcept E as seed: pass",
        "match x:\n case {'a': seed}: pass",
        "def f():\n global seed\n seed = 2",
        "def f():\n if x:\n  global seed\n  for seed in x: pass",
        "class C:\n global seed\n seed = 2",
        "async def f():\n global seed\n async with x as seed: pass",
        "def f(x=(seed := 1)): pass",
        "class C(metaclass=(seed := type)): pass",
        "lambda x=(seed := 1): x",
        "[i for i in range(3) if (seed := i)]",
        "match x:\n case [*seed]: pass",
        "match x:\n case {**seed}: pass",
        "match x:\n case int() as seed: pass",
        "import seed.part",
        "a, (b, *seed) = x",
        "await f()\nseed = 2",
        "class C:\n def f(self):\n  global seed\n  import seed",
        "%%time\nseed = 2",
        "!ls\nif x:\n    !pwd\nseed = 2",
        "help?\nseed = 2",
    ],
)
def test_every_way_to_bind_a_name_is_seen(source):
    assert "seed" in bound_names(source)


@pytest.mark.parametrize(
    "source",
    [
        "print(seed)",
        "[seed for seed in range(3)]",
        "def f(seed): seed = 3",
        "def f():\n seed = 1",
        "class C:\n seed = 1",
        "class C:\n def f(self):\n  global seed\n seed = 1",
        "def f():\n global seed\n def g():\n  seed = 1",
        "lambda seed: (seed := 1)",
        "{seed: x for seed, x in y}",
        "import a.seed",
        "from seed import a",
        "f(seed=1)",
        "match x:\n case {'seed': a}: pass",
        "seed.x = 1",
        "seed[0] = 1",
        "def f():\n global seed\n return seed",
        "nonsense (",
        "seed = 1\n" + "#" * 300_000,
        "seed = '\0'",
        "(" * 5000,
    ],
)
def test_what_binds_nothing_or_cannot_be_read_is_not_blamed(source):
    assert "seed" not in bound_names(source)


def test_cells_are_found_by_their_number():
    cells = [(2, "x = 1"), (3, "seed = rows = 1"), (5, "rows = 2")]
    assert find_rebindings(cells, ["rows", "seed"]) == (Rebinding(3, ("rows", "seed")), Rebinding(5, ("rows",)))


INJECTED = {"seed": 7, "flag": True, "rows": 20}


def sentences(observed, *rebindings):
    notices = judge_parameters(INJECTED, observed, rebindings)
    assert {notice.code for notice in notices} <= {"GR312"}
    return [notice.message for notice in notices]


def test_values_that_are_still_there_give_no_notice():
    assert sentences(dict(INJECTED)) == []
    assert sentences(None) == []


def test_a_changed_value_is_named_with_its_cell():
    assert sentences(INJECTED | {"seed": 5}, Rebinding(4, ("seed",))) == [
        "Cell 4 assigns `seed` again: at the end `seed` was 5, not 7."
    ]


def test_a_value_that_was_put_back_is_still_mentioned():
    (sentence,) = sentences(dict(INJECTED), Rebinding(4, ("seed",)))
    assert "in between perhaps not" in sentence


def test_a_cell_is_mentioned_when_the_kernel_could_not_be_asked():
    (sentence,) = sentences(None, Rebinding(4, ("seed", "rows")))
    assert sentence.startswith("Cell 4 assigns `seed`, `rows` again, so ")


def test_a_change_that_no_cell_shows_is_named():
    observed = {"seed": 7, "flag": 1, "rows": "x" * 100}
    (sentence,) = sentences(observed)
    assert sentence.startswith("Some cell changes `flag`, `rows`: at the end `flag` was 1, not True; `rows` was 'xxx")
    assert "..." in sentence


def test_a_deleted_value_is_named():
    assert sentences({"seed": 7, "flag": True}) == ["Some cell changes `rows`: at the end `rows` was gone, not 20."]
