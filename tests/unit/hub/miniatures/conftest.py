"""A small catalogue with a recipe that is cheap, and a folder to build it in."""

from pathlib import Path

import pytest

from grader.hub.miniatures.build import Workshop
from grader.hub.miniatures.catalogue import Catalogue, load_catalogue

SMALL = """
builds:
  reviews:
    recipe: imdb_reviews
    about: Generated film reviews of one to three sentences.
    parameters: {configs: {plain_text: [train, test]}}
    seconds: 3
  more:
    recipe: imdb_large
    about: Many more generated film reviews, some of them dirty.
    parameters: {rows: 400, shards: 2, configs: {large: [train]}}
    needs: {source: reviews}
    seconds: 4
    shipped: false
models:
  - {id: someone/bare, builds: [reviews], card: missing, downloads: 1, likes: 0, created: 2024-01-02,
     modified: 2024-02-03}
datasets:
  - {id: someone/films, builds: [reviews], extras: {large: [more]}, task: text-classification, licence: mit,
     gated: auto, tags: [v1], alias: films, downloads: 7, likes: 3, created: 2024-01-02, modified: 2024-02-03,
     about: Film reviews.}
"""


@pytest.fixture
def small(tmp_path: Path) -> Catalogue:
    path = tmp_path / "catalogue.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return load_catalogue(path)


@pytest.fixture
def workshop(tmp_path: Path, small: Catalogue) -> Workshop:
    return Workshop(tmp_path / "cache", small, tmp_path / "snapshot")
