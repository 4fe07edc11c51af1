import json
from pathlib import Path

import pytest

from grader.errors import LabFault
from grader.hub.miniatures.catalogue import CATALOGUE, Catalogue, load_catalogue
from tests.unit.hub.miniatures.conftest import SMALL


def refused(tmp_path: Path, text: str) -> LabFault:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabFault) as caught:
        load_catalogue(path)
    assert caught.value.code == "GR205"
    return caught.value


def test_the_shipped_catalogue_is_large_and_varied():
    catalogue = load_catalogue()
    models = catalogue.models.values()
    assert len(models) >= 120
    assert len({model.licence for model in models}) >= 12
    assert len({model.task for model in models}) >= 15
    assert {model.card for model in models} == {"good", "poor", "missing"}
    assert {model.gated for model in models} == {None, "auto", "manual"}
    assert sum(model.card == "good" for model in models) >= 60


def test_what_the_cards_refer_to_is_in_the_catalogue():
    catalogue = load_catalogue()
    for model in catalogue.models.values():
        assert {*model.datasets} <= set(catalogue.datasets), model.id
        assert model.base_model is None or model.base_model in catalogue.models, model.id


def test_aliases_and_tags_are_unique():
    models = load_catalogue().models.values()
    aliases = [model.alias for model in models if model.alias]
    assert len(aliases) == len(set(aliases))


def test_dates_stay_the_words_that_they_are_written_as(small: Catalogue):
    assert small.models["someone/bare"].created == "2024-01-02"


def test_an_id_finds_its_entry_and_its_larger_variant(small: Catalogue):
    entry, builds = small.entry("datasets/someone/films")
    assert (entry.kind, builds) == ("dataset", ("reviews",))
    assert small.entry("datasets/someone/films:large")[1] == ("reviews", "more")
    assert list(small.ids()) == ["someone/bare", "datasets/someone/films"]


@pytest.mark.parametrize("asked", ["someone/films", "datasets/someone/bare", "nobody/x", "datasets/someone/films:huge"])
def test_an_unknown_id_is_refused_with_its_code(small: Catalogue, asked: str):
    with pytest.raises(LabFault, match=asked) as caught:
        small.entry(asked)
    assert caught.value.code == "GR205"


def test_all_errors_of_the_schema_are_told_at_once(tmp_path: Path):
    fault = refused(tmp_path, SMALL.replace("downloads: 7", "downloads: many").replace("seconds: 4", "seconds: -1"))
    assert "datasets/0/downloads" in fault.hint
    assert "builds/more/seconds" in fault.hint


def test_names_that_nothing_has_are_told_at_once(tmp_path: Path):
    text = SMALL.replace("builds: [reviews], card", "builds: [rows], card").replace("source: reviews", "source: later")
    fault = refused(tmp_path, text)
    assert "models/someone/bare: no build rows" in fault.hint
    assert "builds/more: needs later" in fault.hint


def test_an_entry_that_is_listed_twice_is_refused(tmp_path: Path):
    row = SMALL[SMALL.index("  - {id: someone/bare") : SMALL.index("datasets:")]
    assert "listed twice" in refused(tmp_path, SMALL.replace(row, row + row.replace("/bare", "/BARE"))).hint


def test_what_is_not_yaml_is_refused(tmp_path: Path):
    assert "cannot be read" in refused(tmp_path, "builds: [").message


def test_the_schema_allows_nothing_unknown():
    schema = json.loads(CATALOGUE.with_name("catalogue.schema.json").read_text(encoding="utf-8"))
    assert schema["additionalProperties"] is False
    assert all(kind["additionalProperties"] is False for kind in (schema["$defs"]["build"], schema["$defs"]["entry"]))
