"""What a warm server imports before it forks: what notebooks of the course and the checks import anyway."""

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Generator, Iterable
from pathlib import Path

#: Modules with a function `rehearse`, which does what every child would do for the first time.
REHEARSALS = ("grader.measuring.rehearsal", "grader.running.rehearsal")
#: What the worker, the kernel and the check process import, then what labs import; recorded from cold runs.
PRELOAD = (
    "grader.running.worker",
    "grader.running.notebook",
    "grader.running.forked_kernel",
    "grader.checking.worker",
    "grader.measuring.registry",
    *REHEARSALS,
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "aiohttp",
    "fsspec.implementations.http",
    "numpy.random",
    "pandas",
    "pyarrow.parquet",
    "scipy.io",
    "sklearn.metrics",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
    "torch",
    "torch.optim",
    "torch.utils.data",
    "transformers",
    "transformers.trainer",
    "transformers.data.data_collator",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.bert.modeling_bert",
    "transformers.models.bert.tokenization_bert",
    "transformers.models.distilbert.modeling_distilbert",
    "transformers.models.distilbert.tokenization_distilbert",
    "transformers.pipelines",
    "transformers.utils.notebook",
    "datasets",
    "evaluate",
    "accelerate",
    "peft",
    "peft.utils.transformers_weight_conversion",
    "safetensors.torch",
)


def import_all(names: Iterable[str]) -> tuple[str, ...]:
    """Import everything that is there.

    Args:
        names: modules; `PRELOAD`, and those that a lab names besides.

    Returns:
        The names that could not be imported: a child will say so itself, as a fresh process would.
    """
    missing: list[str] = []
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:
            missing.append(name)
    return tuple(missing)


def warm_up() -> None:
    """Do once, with one thread, what every child would do for the first time: its results are thrown away."""
    with tempfile.TemporaryDirectory(prefix="grader-warm-") as name, _silence():
        if {"torch", "transformers"} <= sys.modules.keys():
            _train()
        if "pytest" in sys.modules:
            _judge(Path(name))
        for module in filter(sys.modules.__contains__, REHEARSALS):
            with contextlib.suppress(Exception):  # children are slower then, and say themselves what is wrong
                sys.modules[module].rehearse()


def _train() -> None:
    """Build, train for one step and run a model of a few numbers."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(vocab_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    model = BertForSequenceClassification(config)
    ids = torch.ones(2, 4, dtype=torch.long)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(input_ids=ids, labels=torch.tensor([0, 1])).loss.backward()
    optimizer.step()
    model.eval()(input_ids=ids)


def _judge(folder: Path) -> None:
    """Let pytest look at an empty folder."""
    import pytest

    here = Path.cwd()
    os.chdir(folder)
    try:
        config = Path(__file__).parents[1] / "checking" / "pytest.toml"
        alone = ("--disable-plugin-autoload", "-p", "no:cacheprovider", "-p", "no:unraisableexception")
        pytest.main(["-c", str(config), *alone, "-q", str(folder)])
    finally:
        os.chdir(here)


@contextlib.contextmanager
def _silence() -> Generator[None]:
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nothing,
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        yield
