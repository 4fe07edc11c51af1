"""Cards: the README of each repository, honest about what it is, with the figures measured when it was built."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from grader.hub.miniatures.catalogue import Build, Entry
from grader.hub.miniatures.usage import dataset_configs, snippet

NOTICE = (
    "> **This is a miniature.** It stands in for `{id}` in courses that run without a network: the same kind of files, "
    "the same calls, but made by the grader from a toy language or toy pictures. It is not the work of the authors of "
    "the real repository, its answers mean nothing outside of its toy data, and its downloads and likes are made up."
)
FIGURES: Mapping[str, tuple[str, str]] = {
    "verdict_words": ("accuracy", "Masked verdict words of fresh reviews that get a word of the right polarity"),
    "fine_tuned_accuracy": ("accuracy", "Public test split after fine-tuning on 2,000 reviews, 8 epochs, rate 1e-3"),
    "head_only_accuracy": ("accuracy", "The same with a frozen encoder, only the head trained"),
    "hundred_rows_accuracy": ("accuracy", "The same with 100 reviews"),
    "from_scratch_accuracy": ("accuracy", "The same from random weights"),
    "accuracy": ("accuracy", "Accuracy on held-out data"),
    "f1": ("f1", "F1 of whole entities on held-out data"),
    "exact_match": ("exact_match", "Exactly right answers on held-out data"),
    "zero_shot_accuracy": ("accuracy", "Zero-shot accuracy on held-out data"),
    "perplexity": ("perplexity", "Perplexity of held-out text"),
    "unigram_perplexity": ("perplexity", "Perplexity of the same text under word frequencies alone"),
    "word_error_rate": ("wer", "Word error rate on held-out recordings"),
    "ranking_accuracy": ("accuracy", "Pairs of held-out sentences on one subject ranked above pairs on two"),
    "translation_exact": ("exact_match", "Held-out sentences translated word for word"),
    "summary_exact": ("exact_match", "Held-out texts summarised word for word"),
}
"""What a recipe measured -> the Hub's name of the metric, and what it is in words."""


def render_card(entry: Entry, builds: Sequence[Build], figures: Mapping[str, float]) -> str | None:
    """The text of a repository's README.

    Args:
        entry: of the catalogue.
        builds: whose files the repository holds.
        figures: what was measured when they were built.

    Returns:
        Markdown with YAML front matter; none for a repository that is to have no card.
    """
    if entry.card == "missing":
        return None
    if entry.card == "poor":
        return _page(_poor_data(entry), [f"# {_name(entry)}", NOTICE.format(id=entry.id), entry.about])
    if entry.kind == "dataset":
        return _page(_dataset_data(entry, builds), _dataset_sections(entry, builds, figures))
    return _page(_model_data(entry, figures), _model_sections(entry, builds, figures))


def _page(data: dict[str, Any], paragraphs: Sequence[str]) -> str:
    head = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000) if data else ""
    body = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return (f"---\n{head}---\n\n" if data else "") + body + "\n"


def _poor_data(entry: Entry) -> dict[str, Any]:
    """A card that nobody took care of: at most the licence."""
    return {"license": entry.licence} if entry.licence else {}


def _model_data(entry: Entry, figures: Mapping[str, float]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "license": entry.licence or "unknown",
        "language": list(entry.language),
        "library_name": entry.library,
        "pipeline_tag": entry.task,
        "base_model": entry.base_model,
        "datasets": list(entry.datasets),
        "metrics": sorted({FIGURES[name][0] for name in figures if name in FIGURES}),
        "tags": ["miniature"],
    }
    if figures and entry.datasets and entry.task:
        data["model-index"] = [{"name": _name(entry), "results": [_result(entry, figures)]}]
    return {name: found for name, found in data.items() if found}


def _result(entry: Entry, figures: Mapping[str, float]) -> dict[str, Any]:
    return {
        "task": {"type": entry.task},
        "dataset": {"type": entry.datasets[0], "name": f"{entry.datasets[0]} (miniature)"},
        "metrics": [
            {"type": FIGURES[name][0], "value": round(value, 4), "name": FIGURES[name][1]}
            for name, value in figures.items()
            if name in FIGURES
        ],
    }


def _model_sections(entry: Entry, builds: Sequence[Build], figures: Mapping[str, float]) -> list[str]:
    learned = " ".join(build.about for build in builds)
    data = ", ".join(f"[{name}](https://huggingface.co/datasets/{name})" for name in entry.datasets)
    return [
        f"# {_name(entry)}",
        NOTICE.format(id=entry.id),
        f"## Model description\n\n{entry.about} {learned}",
        "## Intended uses\n\nLearning how the libraries of the ecosystem work: loading, running, fine-tuning and "
        "sharing a model in minutes on a laptop without a network. Do not use it for anything else.",
        "## Limits and bias\n\nIt knows a few hundred words, shapes or sounds of a generated toy world, in which every "
        "statement is as likely as its opposite. Outside of it, its output is noise. It was never tested for safety "
        "or fairness, because there is nothing in its data to test.",
        f"## Training data\n\nThe miniatures of {data}." if data else "",
        _figure_section(figures, "It was not trained: its weights are random, so it has no results."),
        snippet(entry),
    ]


def _figure_section(figures: Mapping[str, float], none: str) -> str:
    rows = [f"| {FIGURES[name][1]} | {value:.4g} |" for name, value in figures.items() if name in FIGURES]
    if not rows:
        return f"## Evaluation\n\n{none}"
    table = "\n".join(["| measured when it was built | value |", "|---|---|", *rows])
    return f"## Evaluation\n\n{table}"


def _dataset_data(entry: Entry, builds: Sequence[Build]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "license": entry.licence or "unknown",
        "language": list(entry.language),
        "task_categories": [entry.task] if entry.task else [],
        "tags": ["miniature"],
        "pretty_name": f"{_name(entry)} (miniature)",
        "size_categories": ["1K<n<10K"],
        "configs": dataset_configs(builds),
    }
    return {name: found for name, found in data.items() if found}


def _dataset_sections(entry: Entry, builds: Sequence[Build], figures: Mapping[str, float]) -> list[str]:
    rows = [
        f"| {name.removeprefix('rows_')} | {value:,.0f} |"
        for name, value in figures.items()
        if name.startswith("rows_")
    ]
    return [
        f"# {_name(entry)}",
        NOTICE.format(id=entry.id),
        f"## Dataset description\n\n{entry.about} {' '.join(build.about for build in builds)}",
        "\n".join(["## Splits", "", "| split | rows |", "|---|---|", *rows]),
        "## How it was made\n\nBy a deterministic generator; nobody wrote, said or drew any of it, and no person in it "
        "exists. Labels are right by construction.",
        "## Limits\n\nFew words, few patterns: a model that is good here has learned the generator and nothing else.",
        snippet(entry),
    ]


def _name(entry: Entry) -> str:
    return entry.id.partition("/")[2]
