"""What a card shows as code, and how it tells `datasets` where the files of each split are."""

from collections.abc import Sequence
from typing import Any

from grader.hub.miniatures.catalogue import Build, Entry

PIPELINES = frozenset(
    {
        "text-classification",
        "token-classification",
        "fill-mask",
        "zero-shot-classification",
        "text-generation",
        "feature-extraction",
        "image-classification",
        "zero-shot-image-classification",
        "automatic-speech-recognition",
        "image-text-to-text",
        "object-detection",
    }
)
"""Tasks that `transformers.pipeline` has."""


def snippet(entry: Entry) -> str:
    """A section that shows how a repository is loaded.

    Args:
        entry: of the catalogue.

    Returns:
        Markdown.
    """
    if entry.kind == "dataset":
        code = f'from datasets import load_dataset\n\nrows = load_dataset("{entry.id}")'
    elif entry.task in PIPELINES:
        code = f'from transformers import pipeline\n\nrun = pipeline("{entry.task}", model="{entry.id}")'
    else:
        code = f'from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained("{entry.id}")'
    return f"## How to use\n\n```python\n{code}\n```"


def dataset_configs(builds: Sequence[Build]) -> list[dict[str, Any]]:
    """The `configs` of a dataset card.

    Args:
        builds: of the dataset; each names its configurations in `parameters["configs"]`, as configuration -> splits.

    Returns:
        One entry per configuration; the first one is the default.
    """
    found = [item for build in builds for item in build.parameters.get("configs", {}).items()]
    return [
        {
            "config_name": name,
            "data_files": [{"split": split, "path": f"{name}/{split}-*"} for split in splits],
            **({"default": True} if at == 0 and len(found) > 1 else {}),
        }
        for at, (name, splits) in enumerate(found)
    ]
