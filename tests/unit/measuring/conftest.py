"""Tiny models, made once: a base and a fine-tuned classifier of each family."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.measuring.inputs import MeasuringInputs
from tests.fakes import tiny_models


@dataclass(frozen=True)
class Models:
    """What one family has on disk; do not write there."""

    family: str
    base_id: str
    base: Path
    root: Path

    @property
    def inputs(self) -> MeasuringInputs:
        return tiny_models.inputs_for(self.root, {self.base_id: self.base, tiny_models.DATASET: self.root / "imdb"})


@pytest.fixture(scope="session", params=["bert", "distilbert"])
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Models:
    return _models(request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return _models("bert", tmp_path_factory)


def _models(family: str, factory: pytest.TempPathFactory) -> Models:
    root = factory.mktemp(family)
    base = tiny_models.write_base(root / "base", family)
    tiny_models.write_model(root / "artifacts" / "model", tiny_models.fine_tuned(base, family))
    tiny_models.write_adapter(root / "artifacts", base, family)
    tiny_models.write_reviews(root / "checks" / "hidden" / "data" / "reviews.parquet")
    tiny_models.write_reviews(root / "imdb" / "plain_text" / "test-00000-of-00001.parquet", 40)
    return Models(family, tiny_models.SIZES[family], base, root)


@pytest.fixture
def own(bert: Models, tmp_path: Path) -> Models:
    """A copy of the artifacts to damage."""
    tiny_models.copy_of(bert.root / "artifacts", tmp_path / "artifacts")
    tiny_models.copy_of(bert.root / "checks", tmp_path / "checks")
    return Models(bert.family, bert.base_id, bert.base, tmp_path)
