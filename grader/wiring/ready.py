"""Imports and does once what every worker of a batch would do for the first time, in the process that is forked."""

import importlib

from grader.hub.miniatures.catalogue import load_catalogue
from grader.hub.miniatures.keys import content_key
from grader.intake.notebook import parse_notebook
from grader.reporting.highlight import highlight
from grader.reporting.markdown_cells import markdown_html
from grader.reporting.render import TEMPLATES, page_environment
from grader.running.versions import versions
from grader.wiring.choices import sandboxes

#: What a worker imports as it goes on.
_MODULES = (
    "grader.checking.runner",
    "grader.hub.base",
    "grader.hub.evidence",
    "grader.hub.miniatures.build",
    "grader.hub.server",
    "grader.intake",
    "grader.reporting.markdown",
    "grader.running.job",
    "grader.warm.sandbox",
    "grader.wiring.stages",
    "grader.wiring.warming",
    "grader.wiring.work",
)
_NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "id": "a", "metadata": {}, "source": "a = 1", "outputs": [], "execution_count": None},
        {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "*b*"},
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def get_ready() -> None:
    """Fill every memory of this process that does not depend on a submission."""
    for module in _MODULES:
        importlib.import_module(module)
    parse_notebook(_NOTEBOOK, "a.ipynb")
    markdown_html("*b*")
    highlight("a = 1")
    highlight("Traceback (most recent call last):", traceback=True)
    pages = page_environment(TEMPLATES)
    for name in pages.list_templates(filter_func=lambda name: "/" not in name and not name.endswith(".js")):
        pages.get_template(name)
    catalogue = load_catalogue()
    for name in catalogue.builds:
        content_key(catalogue, name)
    versions()
    sandboxes()
