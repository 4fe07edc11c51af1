"""The documentation says what the code says: codes, commands, options, settings, targets, links."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from docs import generate
from grader.codes import CODES
from grader.settings import VARIABLES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "README.md"])


def text_of(name):
    return (ROOT / "docs" / name).read_text("utf-8")


@pytest.fixture(scope="module")
def commands():
    """Every command of the program by its words, such as `labs show`."""
    from grader.cli.app import app

    found = {}

    def walk(command, words):
        found[" ".join(words)] = command
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, [*words, name])

    walk(typer.main.get_command(app), [])
    return found


def calls(page):
    """Every call of the program in a page, as lists of words: lines of code blocks, and code in sentences."""
    for block in re.findall(r"^```\w*\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            match = re.match(r"\s*(?:\.venv/bin/)?grader (?P<rest>.*)", line)
            if match:
                yield re.split(r"\s{3,}|\s\|\|", match["rest"])[0].split()
    for inline in re.findall(r"`(?:\.venv/bin/)?grader ([^`]+)`", page):
        yield shlex.split(inline)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_generated_parts_are_in_step_with_the_code(page):
    text = page.read_text("utf-8")

    assert generate.fill(text) == text, "run `python docs/generate.py`"


def test_every_generated_part_stands_in_some_page():
    pages = "".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))

    for name in generate.BLOCKS:
        assert f"<!-- generated: {name} -->" in pages


@pytest.mark.parametrize("code", CODES)
def test_every_error_code_has_its_heading(code):
    assert f"\n### {code}\n" in text_of("errors.md")
    assert CODES[code].title in text_of("errors.md")


def test_every_code_that_a_page_names_exists():
    for page in PAGES:
        assert set(re.findall(r"\bGR\d{3}\b", page.read_text("utf-8"))) <= set(CODES), page.name


@pytest.mark.parametrize("variable", VARIABLES.values())
def test_every_setting_is_documented(variable):
    assert f"`{variable}`" in text_of("operators.md")


def test_every_make_target_is_documented_and_exists():
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    documented = set(re.findall(r"^\| `make ([a-z]+)`", text_of("operators.md"), re.MULTILINE))

    assert documented == targets - {"help"}


def test_every_command_is_documented(commands):
    documented = text_of("operators.md")

    for words, command in commands.items():
        if words and not command.hidden:
            assert f"`grader {words}" in documented


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_call_in_a_page_is_one_that_the_program_knows(page, commands):
    for words in calls(page.read_text("utf-8")):
        named = [name for name in (" ".join(words[:2]), words[0]) if name in commands]
        assert named or words[0].startswith("-"), f"{page.name}: there is no command {words[0]}"
        command = commands[named[0] if named else ""]
        options = {option for param in command.params if param.param_type_name == "option" for option in param.opts}
        given = {word.partition("=")[0] for word in words if re.fullmatch(r"--?[A-Za-z][\w-]*(=.*)?", word)}

        assert given - {"--help"} <= options, f"{page.name}: grader {' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page):
    text = page.read_text("utf-8")

    for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        file = page if not name else page.parent / name
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_tree_of_the_readme_shows_every_room_of_the_program_once():
    tree = re.search(r"^grader/ .*\n((?: {2}.*\n)+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    shown = re.findall(r"\b[a-z]+(?:/|\.py)(?=[, ])", tree[1])
    inside = [path for path in (ROOT / "grader").iterdir() if not path.name.startswith("_")]
    rooms = [f"{path.name}/" for path in inside if path.is_dir()]

    assert sorted(shown) == sorted([*rooms, *(path.name for path in inside if path.suffix == ".py")])
