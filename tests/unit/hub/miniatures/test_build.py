import time
from pathlib import Path

import pytest

from grader.errors import InternalFault, LabFault, MachineFault
from grader.hub.miniatures.build import Workshop, ensure_repos
from grader.hub.miniatures.catalogue import Catalogue, load_catalogue
from grader.hub.miniatures.keys import content_key
from grader.hub.miniatures.ship import main, ship
from tests.unit.hub.miniatures.conftest import SMALL


def quiet(name: str, share: float) -> None:
    del name, share


def refuse(name: str, share: float) -> None:
    raise AssertionError(f"{name} was built")


def test_everything_that_the_first_labs_need_is_shipped(tmp_path: Path):
    asked = ("distilbert/distilbert-base-uncased", "google-bert/bert-base-uncased", "datasets/stanfordnlp/imdb")
    started = time.monotonic()
    repos = ensure_repos(asked, tmp_path, refuse)
    assert time.monotonic() - started < 5
    assert [repo.repo_id for repo in repos] == [name.removeprefix("datasets/") for name in asked]
    assert [repo.repo_type for repo in repos] == ["model", "model", "dataset"]
    for repo in repos[:2]:
        names = {path.name for path in repo.folder.iterdir()}
        assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md"} == names
    assert repos[0].meta.alias == "distilbert-base-uncased"
    assert ensure_repos(asked, tmp_path, refuse) == repos


def test_the_whole_catalogue_comes_from_the_snapshot(tmp_path: Path):
    catalogue = load_catalogue()
    repos = ensure_repos(list(catalogue.ids()), tmp_path, refuse)
    assert len(repos) == len(catalogue.models) + len(catalogue.datasets)
    for repo in repos:
        assert any((repo.folder / name).is_file() for name in ("README.md", "MINIATURE.txt"))


def test_what_is_not_shipped_is_made_once(workshop: Workshop, small: Catalogue):
    told: list[tuple[str, float]] = []
    asked = ["datasets/someone/films:large", "someone/bare"]
    repos = ensure_repos(
        asked, workshop.cache, lambda name, share: told.append((name, share)), catalogue=small, workers=2
    )
    assert {name for name, _ in told} == {"reviews", "more"}
    assert told.index(("reviews", 1.0)) < min(at for at, (name, _) in enumerate(told) if name == "more")
    films, bare = (repo.folder for repo in repos)
    assert sorted(path.name for path in films.iterdir()) == ["README.md", "large", "large-twins", "plain_text"]
    assert (bare / "MINIATURE.txt").is_file()
    assert not (bare / "README.md").exists()
    assert repos[0].meta.gated == "auto"
    assert repos[0].meta.created_at == "2024-01-02T08:00:00.000Z"
    assert ensure_repos(asked, workshop.cache, refuse, catalogue=small) == repos


def test_the_plan_says_what_must_be_made_and_what_it_costs(workshop: Workshop):
    plan = workshop.plan(["more"])
    assert plan.builds == ("reviews", "more")
    assert plan.seconds == 7
    workshop.ensure(["reviews"], quiet)
    assert workshop.plan(["more", "reviews"]).builds == ("more",)


def test_a_build_that_is_shipped_needs_nothing_that_it_was_made_from(workshop: Workshop):
    shipped = ship(workshop, quiet)
    assert set(shipped.builds) == {"reviews"}
    fresh = Workshop(workshop.cache.with_name("other"), workshop.catalogue, workshop.snapshot)
    assert fresh.plan(["reviews"]).builds == ()
    assert fresh.ensure(["reviews"], refuse)["reviews"].figures == shipped.builds["reviews"].figures


def test_a_rebuild_gives_the_same_bytes(workshop: Workshop):
    other = Workshop(workshop.cache.with_name("other"), workshop.catalogue, workshop.snapshot)
    one, two = (place.ensure(["reviews"], quiet)["reviews"].folder for place in (workshop, other))
    files = [path.relative_to(one) for path in sorted(one.rglob("*.parquet"))]
    assert len(files) == 3
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in files)


def test_a_recipe_that_fails_says_so_and_leaves_nothing(tmp_path: Path, workshop: Workshop):
    path = tmp_path / "broken.yaml"
    path.write_text(SMALL.replace("{rows: 400, shards: 2,", "{rows: none, shards: 2,"), encoding="utf-8")
    broken = Workshop(workshop.cache, load_catalogue(path), workshop.snapshot)
    with pytest.raises(MachineFault, match="more could not be made") as caught:
        broken.ensure(["more"], quiet)
    assert caught.value.code == "GR604"
    assert "TypeError" in caught.value.hint
    kept = [path.name for path in (workshop.cache / "builds").iterdir()]
    assert kept == [content_key(broken.catalogue, "reviews")]


def test_two_graders_may_put_the_same_build_in_place(workshop: Workshop):
    workshop.ensure(["reviews"], quiet)
    home = workshop.cache / "builds" / content_key(workshop.catalogue, "reviews")
    (home / "figures.json").rename(home / "away.json")
    workshop._make("reviews", quiet)  # as a second process that did not see the first one finish
    assert [path.name for path in (workshop.cache / "builds").iterdir()] == [home.name]


def test_a_damaged_snapshot_is_told(workshop: Workshop):
    ship(workshop, quiet)
    for blob in (workshop.snapshot / "blobs").iterdir():
        blob.write_bytes(b"damaged")
    with pytest.raises(InternalFault, match="damaged"):
        Workshop(workshop.cache.with_name("other"), workshop.catalogue, workshop.snapshot).ensure(["reviews"], quiet)


def test_an_unknown_id_is_refused_before_anything_is_made(tmp_path: Path):
    with pytest.raises(LabFault, match="nobody/nothing"):
        ensure_repos(["nobody/nothing"], tmp_path / "cache", refuse)
    assert not (tmp_path / "cache").exists()


def test_shipping_says_what_it_costs_and_what_came_of_it(workshop: Workshop, capsys: pytest.CaptureFixture[str]):
    main(["2"], workshop)
    told = capsys.readouterr().err
    assert told.startswith("1 builds to make, about 0 minutes")
    assert "reviews" in told
    assert "1 builds shipped, 0.2 MB" in told
    main([], workshop)
    assert capsys.readouterr().err.startswith("0 builds to make")
