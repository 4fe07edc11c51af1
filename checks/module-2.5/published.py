"""What lies on the Hub of a run: the student's repository, and what its weights answer."""

import re
from collections.abc import Sequence

from grader.checking.api import CheckFailure, JsonObject, Missing, classifiers

#: What a user of the model needs.
NEEDED = ("README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
#: What belongs to a training and not into a repository.
JUNK = re.compile(
    r"(^|/)(checkpoint-\d+|runs|__pycache__|\.ipynb_checkpoints|wandb|\.cache)/|"
    r"(^|/)(training_args\.bin|optimizer\.\w+|scheduler\.\w+|rng_state.*|trainer_state\.json|events\.out.*)$|"
    r"\.(bin|pt|pth|pkl|pickle|ckpt|joblib|ipynb|csv|parquet|arrow|zip|tar|gz)$"
)


def repository(hub, run):
    """The repository that the run made under the name of the lab.

    Raises:
        Missing: there is none.
    """
    name = run.parameters["repo_name"]
    found = [repo for repo in hub.changed_repos() if repo.repo_type == "model" and repo.name == name]
    if found:
        return found[0]
    others = [repo.repo_id for repo in hub.changed_repos()]
    if others:
        raise Missing(
            f"There is no model repository called {name} on the Hub, but {', '.join(others[:3])}.",
            "Create it with `repo_id` as the notebook builds it.",
        )
    raise Missing(f"This run pushed nothing to the Hub: there is no {name}.", "Complete `publish` in exercise 5.")


def head(repo) -> str:
    """The commit of main."""
    return repo.branches.get("main", "")


def logits(artifacts, texts: Sequence[str], max_length: int = 512):
    """What the pushed weights answer, computed by the grader: one row of logits for each text, and the labels' names.

    Raises:
        SubmissionFault: the files cannot be read or do not fit.
    """
    return classifiers.logits(artifacts.root, "pushed", texts, max_length)


def probabilities(rows):
    """Softmax of each row."""
    import numpy as np

    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def tolerance(measured, run) -> float:
    """How far two computations of the same logits may lie apart."""
    exact = run.device == "cpu" and set(measured.pushed["dtypes"]) == {"F32"}
    return 1e-4 if exact else 0.05


def answered(call, what: str):
    """One part of what a stranger met with: an object that holds its `value`.

    Raises:
        CheckFailure: there is none, or it is an error; the sentence says which.
    """
    answer = call.output
    if not isinstance(answer, JsonObject):
        raise CheckFailure("What a stranger met with cannot be read.")
    part = answer.nested(what)
    if "error" in part:
        raise CheckFailure(_sentence(what, part.text("error")))
    return part


def _sentence(what: str, error: str) -> str:
    words = {"loaded": "The model cannot be loaded by its id", "followed": "The code of the card does not run"}
    return f"{words[what]}, with an empty cache and without a token: {' '.join(error.split())[:240]}"
