import copy
import json
from pathlib import Path

import jsonschema
import pytest
import tomli_w

from grader.catalog import find_lab, load_lab, load_labs
from grader.catalog.load import limits_from
from grader.catalog.schema import lab_schema, place, schema_problems
from grader.errors import LabFault, UsageFault
from grader.model.lab import ArtifactSpec, Exercise, Limits, MeasurementSpec, ProbeSpec
from tests.fakes.labs import COMMON, make_lab

ROOT = Path(__file__).parents[2]

TABLE = {
    "id": "2.5.4",
    "title": "Fine-tune a classifier",
    "version": "1.2.0",
    "notebook": "lab-2.5.4-trainer",
    "minutes": 120,
    "points": 100,
    "bonus": 5,
    "parameters": [*COMMON, "base_model", "train_rows"],
    "hub": {"models": ["distilbert/distilbert-base-uncased"], "datasets": ["stanfordnlp/imdb"]},
    "profiles": {
        "miniature": {
            "parameters": {"base_model": "distilbert/distilbert-base-uncased", "train_rows": 2000},
            "limits": {"wall_seconds": 300, "memory_gib": 2.5, "file_mib": 10},
        },
        "full": {"device": "cuda", "parameters": {"base_model": "distilbert/distilbert-base-uncased", "train_rows": 9}},
    },
    "artifacts": [
        {"path": "model", "kind": "model", "description": "The model"},
        {"path": "metrics.json", "kind": "json", "schema": "schemas/metrics.json", "description": "What you measured"},
        {"path": "notes.txt", "kind": "text", "description": "Notes", "required": False},
    ],
    "exercises": [{"id": "exercise-1", "title": "Train", "checks": ["test_accuracy", "test_claim"]}],
    "checks": {"modules": ["test_lab.py"], "hidden": ["hidden/test_lab_hidden.py"]},
    "measurements": {
        "hidden": {
            "measure": "classifier_accuracy",
            "artifacts": ["model"],
            "bases": ["distilbert/distilbert-base-uncased", "datasets/stanfordnlp/imdb"],
            "data": ["hidden/data/reviews.parquet", "words.txt"],
            "options": {"max_length": 64},
        }
    },
}
PUSHED = {"path": "pushed", "kind": "model", "description": "Pushed", "hub": "base_model", "revision": "v1.0"}


def changed(path, value):
    """Return the table with one entry set, or taken out where the value is `...`."""
    table = copy.deepcopy(TABLE)
    place = table
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return table


@pytest.fixture
def course(tmp_path):
    """A course with all files of one lab; returns a function that writes its lab.toml."""
    for name in ("test_lab.py", "hidden/test_lab_hidden.py", "hidden/data/reviews.parquet", "words.txt"):
        path = tmp_path / "checks/module-2.5" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    schema = tmp_path / "labs/module-2.5/schemas/metrics.json"
    schema.parent.mkdir(parents=True)
    schema.write_text('{"type": "object"}')

    def write(table=TABLE, name="lab-2.5.4.toml", track="module-2.5"):
        path = tmp_path / "labs" / track / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(table if isinstance(table, bytes) else tomli_w.dumps(table).encode())
        return path

    return write


def fault_of(path):
    with pytest.raises(LabFault) as caught:
        load_lab(path)
    return caught.value


# --- a good lab -------------------------------------------------------------------------------------------------


def test_every_entry_of_a_lab_is_read(course, tmp_path):
    lab = load_lab(course())

    checks = tmp_path / "checks/module-2.5"
    assert (lab.id, lab.title, lab.version, lab.minutes) == ("2.5.4", "Fine-tune a classifier", "1.2.0", 120)
    assert (lab.points, lab.bonus, lab.track, lab.slug) == (100.0, 5.0, "module-2.5", "lab-2.5.4-trainer")
    assert lab.parameters == (*COMMON, "base_model", "train_rows")
    assert lab.artifacts == (
        ArtifactSpec("model", "model", "The model"),
        ArtifactSpec("metrics.json", "json", "What you measured", "schemas/metrics.json"),
        ArtifactSpec("notes.txt", "text", "Notes", required=False),
    )
    assert lab.exercises == (Exercise("exercise-1", "Train", ("test_accuracy", "test_claim")),)
    assert lab.measurements == (
        MeasurementSpec(
            "hidden",
            "classifier_accuracy",
            ("model",),
            ("distilbert/distilbert-base-uncased", "datasets/stanfordnlp/imdb"),
            ("hidden/data/reviews.parquet", "words.txt"),
            {"max_length": 64},
        ),
    )
    assert lab.hub_models == ("distilbert/distilbert-base-uncased",)
    assert lab.hub_datasets == ("stanfordnlp/imdb",)
    assert lab.check_modules == (checks / "test_lab.py",)
    assert lab.hidden_check_modules == (checks / "hidden/test_lab_hidden.py",)
    assert lab.starter == tmp_path / "labs/module-2.5/lab-2.5.4-trainer.ipynb"
    assert lab.solution == tmp_path / "solutions/module-2.5/lab-2.5.4-trainer.ipynb"
    assert lab.checks_root == checks
    assert lab.toml == tmp_path / "labs/module-2.5/lab-2.5.4.toml"
    assert lab.notebook_bytes == 20 * 1024**2


def test_profiles_keep_their_values_limits_and_device(course):
    lab = load_lab(course())

    assert lab.profile("miniature").parameters["train_rows"] == 2000
    assert lab.profile("miniature").device == "cpu"
    assert lab.profile("miniature").limits == Limits(
        wall_seconds=300, memory_bytes=int(2.5 * 1024**3), file_bytes=10 * 1024**2
    )
    assert lab.profile("full").device == "cuda"
    assert lab.profile("full").limits == Limits()


def test_a_lab_of_the_least_is_enough(course):
    table = {key: TABLE[key] for key in ("id", "title", "version", "notebook", "minutes", "points")}
    table |= {"parameters": list(COMMON), "profiles": {"miniature": {"parameters": {}}}, "notebook_mib": 0.5}
    table["checks"] = {"modules": ["test_lab.py"]}

    lab = load_lab(course(table))

    assert (lab.bonus, lab.artifacts, lab.exercises, lab.measurements, lab.hub_models) == (0.0, (), (), (), ())
    assert lab.notebook_bytes == 512 * 1024


def test_every_unit_of_every_size_becomes_bytes():
    for name in ("memory", "file", "disk", "output", "artifact"):
        for unit, factor in (("bytes", 1), ("mib", 1024**2), ("gib", 1024**3)):
            limits = limits_from({f"{name}_{unit}": 3})
            assert getattr(limits, f"{name}_bytes") == 3 * factor


def test_every_limit_of_the_model_can_be_set_in_a_lab():
    known = set(lab_schema()["$defs"]["limits"]["properties"])

    assert set(Limits.__dataclass_fields__) <= known


def test_a_students_copy_knows_of_hidden_checks_that_it_does_not_have(course, tmp_path):
    path = course()
    for file in sorted((tmp_path / "checks/module-2.5/hidden").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()

    lab = load_lab(path)

    assert lab.hidden_check_modules == ()
    assert lab.hidden_declared == ("hidden/test_lab_hidden.py",)


# --- what is wrong with a lab -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["title"], ..., "lab.toml: `title` is missing"),
        (["titel"], "x", "lab.toml: `titel` is not known here; did you mean `title`?"),
        (["zzz"], 1, "lab.toml: `zzz` is not known here"),
        (["id"], "a b", 'id: "a b" does not have the form'),
        (["version"], "1.0", 'version: "1.0" does not have the form'),
        (["minutes"], 1.5, "minutes: must be a whole number, is 1.5"),
        (["minutes"], 0, "minutes: must be at least 1, is 0"),
        (["minutes"], 10**6, "minutes: must be at most 6000"),
        (["points"], 0, "points: must be more than 0, is 0"),
        (["points"], float("nan"), "points: must be finite"),
        (["measurements", "hidden", "options", "x"], [float("inf")], "options, x, entry 1: must be finite"),
        (["title"], "", "title: must not be empty"),
        (["title"], "x" * 100, "is too long"),
        (["checks", "modules"], [], "checks, modules: must not be empty"),
        (["checks", "modules"], ["../evil.py"], "checks, modules, entry 1"),
        (["checks", "hidden"], ["test_shown.py"], "checks, hidden, entry 1"),
        (["parameters"], [*COMMON, *COMMON], "parameters: lists the same thing twice"),
        (["parameters"], "seed", 'parameters: must be a list, is "seed"'),
        (["profiles", "miniature"], ..., "profiles: `miniature` is missing"),
        (["profiles", "tiny"], {"parameters": {}}, "profiles: `tiny` is not known here"),
        (["profiles", "miniature", "parameters", "train_rows"], [1], "must be a text or a number or true or false"),
        (["profiles", "miniature", "device"], "tpu", 'must be one of cpu, cuda, auto, is "tpu"'),
        (["profiles", "miniature", "limits", "wall"], 3, "`wall` is not known here; did you mean `wall_seconds`?"),
        (["artifacts", 1, "path"], "../x", "artifacts, entry 2, path"),
        (["artifacts", 1, "path"], "/x", "artifacts, entry 2, path"),
        (["artifacts", 1, "path"], "a/./b", "artifacts, entry 2, path"),
        (["artifacts", 0, "kind"], "pickle", "artifacts, entry 1, kind: must be one of json, csv"),
        (["exercises", 0, "checks"], ["accuracy"], "exercises, entry 1, checks, entry 1"),
        (["measurements", "Bad Name"], {"measure": "x"}, 'measurements: "Bad Name" does not have the form'),
        (["hub", "models"], ["a/b/c"], "hub, models, entry 1"),
    ],
)
def test_an_entry_that_does_not_match_the_schema_is_told_with_its_place(path, value, says):
    table = changed(path, value)

    assert any(says in problem for problem in schema_problems(table)), schema_problems(table)


def test_a_long_value_is_shown_in_part():
    (problem,) = schema_problems(changed(["minutes"], "x" * 500))

    assert len(problem) < 120


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["id"], "2.5.9", "lab 2.5.9 belongs in a file called lab-2.5.9.toml"),
        (["parameters"], ["base_model", "train_rows", "seed"], "`output_dir`, `student_id`, `device`, `profile` too"),
        (["parameters"], [*COMMON, "train_rows"], "miniature, parameters: `base_model` are not among"),
        (["parameters"], [*TABLE["parameters"], "epochs"], "full, parameters: no value for `epochs`"),
        (["profiles", "full", "parameters", "seed"], 3, "`seed` come from the run"),
        (
            ["profiles", "full", "parameters", "train_rows"],
            "9",
            "`train_rows` is a number in one and a text in another",
        ),
        (["profiles", "full", "parameters", "train_rows"], True, "`train_rows` is a number in one and true or false"),
        (["artifacts", 1, "path"], "model", "artifacts: the path `model` occurs 2 times"),
        (["artifacts", 1, "kind"], "csv", "artifacts, metrics.json: a schema is for kind json, not csv"),
        (["artifacts", 0, "hub"], "repo", "artifacts, model: `repo` is not among the lab's parameters"),
        (["artifacts", 0], PUSHED | {"path": "a/b"}, "artifacts, a/b: what comes from the Hub lies at the top"),
        (["artifacts", 0, "revision"], "v1.0", "artifacts, model: a revision is for what comes from the Hub"),
        (["exercises"], TABLE["exercises"] * 2, "exercises: the id `exercise-1` occurs 2 times"),
        (["exercises"], TABLE["exercises"] * 2, "exercises: the check `test_claim` occurs 2 times"),
        (["measurements", "hidden", "artifacts"], ["modell"], "`modell` is not among the lab's artifacts"),
        (["measurements", "hidden", "bases"], ["a/b"], "`a/b` is not among the lab's Hub models"),
        (["profiles", "miniature", "limits", "memory_mib"], 5, "`memory` is given in more than one unit"),
        (["measurements", "hidden", "options"], {"rows": "$lines"}, "option `rows` is `$lines`"),
    ],
)
def test_parts_that_do_not_fit_one_another_are_told(course, path, value, says):
    fault = fault_of(course(changed(path, value)))

    assert fault.code == "GR201"
    assert says in fault.message


def test_an_artifact_may_come_from_the_hub(course):
    assert load_lab(course(changed(["artifacts", 2], PUSHED))).artifacts[2] == ArtifactSpec(**PUSHED)


def test_a_function_of_ours_must_be_beside_its_generator(course, tmp_path):
    probe = {"name": "ours", "inputs": "numbers", "ours": True}
    generators = tmp_path / "checks/module-2.5/probes_2_5_4.py"
    generators.write_text("def numbers(draw, parameters): ...\n")
    assert "probes_2_5_4.py has no function `ours`" in fault_of(course(TABLE | {"probes": [probe]})).message
    generators.write_text("def numbers(draw, parameters): ...\ndef ours(): ...\n")
    assert load_lab(course(TABLE | {"probes": [probe]})).probes == (ProbeSpec("ours", "numbers", ours=True),)


def test_a_measurement_may_read_a_file_inside_an_artifact(course):
    lab = load_lab(course(changed(["measurements", "hidden", "artifacts"], ["model/config.json"])))

    assert lab.measurements[0].artifacts == ("model/config.json",)


def test_a_larger_variant_of_a_data_set_is_served_under_its_plain_id(course):
    place, value = ["hub", "datasets"], ["stanfordnlp/imdb:large"]
    lab = load_lab(course(changed(place, value)))
    assert lab.hub_datasets == ("stanfordnlp/imdb:large",)
    assert "datasets/stanfordnlp/imdb" in lab.measurements[0].bases


def test_all_errors_are_told_at_once(course):
    table = changed(["title"], ...)
    table["minutes"] = "long"
    table["artifacts"][0]["kind"] = "pickle"

    fault = fault_of(course(table))

    assert fault.code == "GR201"
    assert fault.message.startswith("module-2.5/lab-2.5.4.toml is not valid:\n  - ")
    assert fault.message.count("\n  - ") == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id = \n", "is not TOML: Invalid value (at line 1"),
        (b"id = 1\nid = 2\n", "is not TOML"),
        (b"id = '\xff'", "is not UTF-8"),
    ],
)
def test_a_file_that_is_not_toml_is_told(course, content, says):
    fault = fault_of(course(content))

    assert fault.code == "GR201"
    assert says in fault.message


def test_a_lab_file_that_is_not_there_is_a_usage_fault(tmp_path):
    with pytest.raises(UsageFault) as caught:
        load_lab(tmp_path / "labs/x/lab-1.toml")

    assert caught.value.code == "GR102"


def test_missing_files_are_told_all_at_once(course, tmp_path):
    (tmp_path / "checks/module-2.5/test_lab.py").unlink()
    (tmp_path / "checks/module-2.5/words.txt").unlink()
    (tmp_path / "checks/module-2.5/hidden/data/reviews.parquet").unlink()
    (tmp_path / "labs/module-2.5/schemas/metrics.json").unlink()

    fault = fault_of(course())

    assert fault.code == "GR204"
    for name in ("test_lab.py", "words.txt", "hidden/data/reviews.parquet", "schemas/metrics.json"):
        assert f"{name} is not there" in fault.message


@pytest.mark.parametrize(("text", "says"), [("{", "is not JSON"), ('{"type": 3}', "is not a JSON Schema")])
def test_a_schema_that_cannot_be_used_is_told(course, tmp_path, text, says):
    (tmp_path / "labs/module-2.5/schemas/metrics.json").write_text(text)

    assert says in fault_of(course()).message


# --- all labs of a course ---------------------------------------------------------------------------------------


def minimal(lab_id, slug):
    table = changed(["id"], lab_id) | {"notebook": slug}
    table.pop("measurements")
    return table


def test_labs_are_ordered_by_their_numbers(course, tmp_path):
    for lab_id in ("2.5.10", "2.5.9", "2.5.b", "2.5"):
        course(minimal(lab_id, f"notebook-{lab_id}"), f"lab-{lab_id}.toml")

    assert [lab.id for lab in load_labs(tmp_path)] == ["2.5", "2.5.9", "2.5.10", "2.5.b"]


def test_a_course_without_a_folder_of_labs_is_a_usage_fault(tmp_path):
    with pytest.raises(UsageFault) as caught:
        load_labs(tmp_path)

    assert caught.value.code == "GR102"


def test_one_broken_lab_is_told_with_its_own_code(course, tmp_path):
    course()
    (tmp_path / "checks/module-2.5/test_lab.py").unlink()

    with pytest.raises(LabFault) as caught:
        load_labs(tmp_path)

    assert caught.value.code == "GR204"


def test_several_broken_labs_are_all_told(course, tmp_path):
    course(b"=", "lab-1.toml")
    course(b"=", "lab-2.toml")

    with pytest.raises(LabFault, match=r"lab-1\.toml(.|\n)*lab-2\.toml"):
        load_labs(tmp_path)


def test_two_labs_of_one_id_or_notebook_are_refused(course, tmp_path):
    course(minimal("1", "same"), "lab-1.toml")
    course(minimal("2", "same"), "lab-2.toml")

    with pytest.raises(
        LabFault, match=r"notebook same belongs to several labs: module-2\.5/lab-1\.toml, module-2\.5/lab-2"
    ):
        load_labs(tmp_path)


def test_the_schema_itself_is_valid_and_every_entry_of_it_is_described_or_named():
    jsonschema.Draft202012Validator.check_schema(lab_schema())

    assert all("description" in entry for entry in lab_schema()["properties"].values())
    assert json.dumps(lab_schema())


def test_a_place_in_a_lab_is_told_in_words():
    assert place(["artifacts", 1, "schema"]) == "artifacts, entry 2, schema"
    assert place([]) == "lab.toml"


# --- finding one ------------------------------------------------------------------------------------------------

LABS = (make_lab("2.5.4"), make_lab("2.5.5"), make_lab("3.1"))


@pytest.mark.parametrize("name", ["2.5.4", " 2.5.4 ", "lab-2.5.4", "LAB-2.5.4", "lab-2.5.4-example.ipynb"])
def test_a_lab_is_found_by_id_or_notebook(name):
    assert find_lab(LABS, name) is LABS[0]


def test_an_unknown_lab_is_answered_with_near_names():
    with pytest.raises(UsageFault) as caught:
        find_lab(LABS, "2.5.6")

    assert caught.value.code == "GR101"
    assert set(caught.value.hint.split("?")[0].removeprefix("Did you mean ").split(" or ")) == {"2.5.4", "2.5.5"}


def test_a_lab_unlike_any_other_is_answered_without_a_guess():
    with pytest.raises(UsageFault) as caught:
        find_lab(LABS, "nonsense")

    assert caught.value.hint == "List the labs with `grader labs`."


@pytest.mark.parametrize("lab", load_labs(ROOT), ids=lambda lab: lab.id)
def test_a_measurement_reads_as_many_tokens_as_the_run_was_told_to(lab):
    """A number here would be right in the profile whose number it is, and wrong in every other one."""
    stated = {spec.name: spec.options["max_length"] for spec in lab.measurements if "max_length" in spec.options}

    assert set(stated.values()) <= {"$max_length"}, stated
    assert not stated or "max_length" in lab.parameters
