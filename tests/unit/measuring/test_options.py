"""The options that measuring functions know are those that they read."""

import re
from pathlib import Path

from grader import measuring
from grader.measuring.registry import MEASURES, OPTIONS

SOURCES = "".join(path.read_text("utf-8") for path in Path(measuring.__file__).parent.glob("*.py"))
READ = re.compile(r"""option\(spec, "(\w+)"|spec\.options(?:\.get\(|\[)"(\w+)\"""")


def test_every_measure_says_which_options_it_knows():
    assert OPTIONS.keys() == MEASURES.keys()


def test_the_options_that_are_known_are_those_that_are_read():
    read = {name for pair in READ.findall(SOURCES) for name in pair if name}

    assert {name for names in OPTIONS.values() for name in names} == read
