from dataclasses import replace

import pytest

from grader.errors import LabFault
from grader.hub.miniatures.catalogue import Catalogue, load_catalogue
from grader.hub.miniatures.keys import content_key, sources
from grader.hub.miniatures.snapshot import read_manifest


def test_a_recipe_is_made_of_the_modules_that_it_imports():
    found = sources("recipes.masked_language")
    assert {"recipes.masked_language", "recipes.training", "text.grammar", "text.words", "dice"} <= set(found)
    assert not {"cards", "catalogue", "build", "keys"} & set(found)


def test_a_package_named_with_from_counts_by_its_module():
    assert "text.words" in sources("text.grammar")


def test_a_key_depends_on_parameters_and_on_what_is_needed(small: Catalogue):
    before = content_key(small, "more")
    assert before == content_key(small, "more")
    build = small.builds["more"]
    other = {**small.builds, "more": replace(build, parameters={**build.parameters, "rows": 500})}
    assert content_key(replace(small, builds=other), "more") != before
    source = {**small.builds, "reviews": replace(small.builds["reviews"], parameters={"rows": 1})}
    assert content_key(replace(small, builds=source), "more") != before


def test_words_of_a_card_change_no_key(small: Catalogue):
    build = replace(small.builds["reviews"], about="Other words for the same rows.", seconds=99)
    other = replace(small, builds={**small.builds, "reviews": build})
    assert content_key(other, "reviews") == content_key(small, "reviews")


def test_a_recipe_that_is_not_there_is_refused(small: Catalogue):
    other = replace(small, builds={"x": replace(small.builds["reviews"], recipe="nothing_here")})
    with pytest.raises(LabFault, match="nothing_here") as caught:
        content_key(other, "x")
    assert caught.value.code == "GR205"


def test_the_shipped_snapshot_is_in_step_with_the_recipes():
    catalogue, manifest = load_catalogue(), read_manifest()
    wanted = {name: content_key(catalogue, name) for name, build in catalogue.builds.items() if build.shipped}
    assert {name: build.key for name, build in manifest.builds.items()} == wanted
