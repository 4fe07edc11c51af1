"""A lab whose notebooks leave a tiny classifier, and runs of several students to measure together."""

from dataclasses import dataclass
from pathlib import Path

from grader.checking.job import CheckJob
from grader.model.files import write_json
from grader.model.lab import Lab, Limits, MeasurementSpec
from tests.fakes import tiny_models
from tests.fakes.course import a_lab, a_run
from tests.fakes.judged import manifest_of

HIDDEN = MeasurementSpec(
    "hidden",
    "classifier_accuracy",
    ("model",),
    data=("hidden/data/reviews.parquet",),
    options={"max_length": "$length"},
)
ANSWERS = MeasurementSpec("answers", "classifier_predictions", ("model",), data=HIDDEN.data, options=HIDDEN.options)
LIMITS = Limits(wall_seconds=120.0)


@dataclass(frozen=True)
class RunsOfAClass:
    """Run folders below one root, each with a model of its own."""

    root: Path

    @property
    def lab(self) -> Lab:
        """The lab."""
        return a_lab(self.root, measurements=(HIDDEN, ANSWERS))

    @property
    def cache(self) -> Path:
        """Where measurements are remembered."""
        return self.root / "cache"

    def prepare(self, students: int) -> "RunsOfAClass":
        """Write the data and a model for each student."""
        base = tiny_models.write_base(self.root / "base", "bert")
        tiny_models.write_reviews(self.lab.checks_root / "hidden/data/reviews.parquet")
        for number in range(students):
            model = tiny_models.fine_tuned(base, "bert", scale=0.1 * (number + 1))
            tiny_models.write_model(self.model(number), model)
        return self

    def folder(self, number: int) -> Path:
        """The run folder of one student."""
        return self.root / "runs" / f"0.1-{number}"

    def model(self, number: int) -> Path:
        """The folder of the model of one student."""
        return self.folder(number) / "artifacts" / "model"

    def job(self, number: int) -> CheckJob:
        """Judge the run of one student as it is now."""
        folder = self.folder(number)
        write_json(folder / "manifest.json", manifest_of(folder / "artifacts"))
        write_json(folder / "run.json", a_run(self.lab, parameters={"length": 12}))
        return CheckJob(folder, self.lab, {}, self.cache, limits=LIMITS)
