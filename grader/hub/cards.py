"""The YAML block of a README.md: read without trusting it, checked by the card classes of huggingface_hub."""

import datetime
import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
import yaml

from grader.hub.repo import RepoType

BLOCK_BYTES = 256 * 1024
_BLOCK = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)(?:\r?\n)?^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_MAX_DEPTH = 40
_MAX_TOKENS = 100_000
_OPENERS = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_MERGE = "tag:yaml.org,2002:merge"
_CLOSERS = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


class CardError(Exception):
    """The YAML block cannot be used; the message is one sentence for the author of the card."""


@dataclass(frozen=True)
class CardReport:
    """What validation has to say."""

    errors: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])


class _Loader(yaml.CSafeLoader):
    """Reads plain data, and no `<<`: ten names that each merge the one before ten times fill any memory."""

    def flatten_mapping(self, node: Any) -> None:
        """Refuse a merge where the library would write it out."""
        if any(key.tag == _MERGE for key, _ in node.value):
            raise CardError("the metadata merges mappings (`<<`), which is not read here")
        super().flatten_mapping(node)


def card_block(content: str) -> str | None:
    """Return the YAML between the two lines of dashes at the top of a README, or None."""
    match = _BLOCK.search(content)
    return match.group(1) if match else None


def card_data(content: str) -> dict[str, Any]:
    """Read the metadata of a README as plain JSON data.

    Args:
        content: the whole file.

    Returns:
        The metadata; empty when there is no block.

    Raises:
        CardError: the block is not YAML, not a mapping, or would not fit into memory once it is written out.
    """
    block = card_block(content)
    if block is None or not block.strip():
        return {}
    if len(block) > BLOCK_BYTES:
        raise CardError(f"the metadata is longer than {BLOCK_BYTES // 1024} KiB")
    try:
        _measure(block)
        value = yaml.load(block, Loader=_Loader)  # noqa: S506  a safe one
        if not isinstance(value, dict):
            raise CardError("the metadata must be a mapping of names to values")
        return _plain(value, [_MAX_TOKENS])
    except RecursionError as exc:  # lists can hold one another by name, and themselves
        raise CardError("the metadata is nested too deeply") from exc
    except (yaml.YAMLError, ValueError, OverflowError) as exc:
        raise CardError(f"the metadata is not valid YAML: {' '.join(str(exc).split())}") from exc


def _measure(block: str) -> None:
    """Refuse what the recursive part of the parser could not survive."""
    depth = 0
    for count, token in enumerate(yaml.scan(block, Loader=yaml.CSafeLoader)):
        depth += isinstance(token, _OPENERS) - isinstance(token, _CLOSERS)
        if depth > _MAX_DEPTH or count > _MAX_TOKENS:
            raise CardError("the metadata is nested too deeply or too long")


def _plain(value: Any, budget: list[int]) -> Any:
    """Copy a YAML value as JSON data; aliases are written out, so the copy is counted."""
    budget[0] -= 1
    if budget[0] < 0:
        raise CardError("the metadata is too large once its aliases are written out")
    if isinstance(value, dict):
        return {str(key): _plain(item, budget) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item, budget) for item in value]
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value if value is None or isinstance(value, str | int) else str(value)


def validate_card(content: str, repo_type: RepoType) -> CardReport:
    """Check the metadata of a README as the Hub does before a push.

    Args:
        content: the whole file.
        repo_type: which card class to use.

    Returns:
        Errors, which refuse the push, and warnings.
    """
    if card_block(content) is None:
        return CardReport(warnings=["empty or missing yaml metadata in repo card"])
    try:
        data = card_data(content)
    except CardError as exc:
        return CardReport(errors=[str(exc)])
    if not data:
        return CardReport(warnings=["empty or missing yaml metadata in repo card"])
    return CardReport(errors=[*_card_class_errors(data, repo_type), *_shape_errors(data, repo_type)])


def _card_class_errors(data: dict[str, Any], repo_type: RepoType) -> list[str]:
    from huggingface_hub.repocard_data import DatasetCardData, ModelCardData, SpaceCardData

    card_class = {"model": ModelCardData, "dataset": DatasetCardData, "space": SpaceCardData}[repo_type]
    try:
        card_class(**data)
    except Exception as exc:  # whatever a card class raises is what the author must hear
        return [f"metadata does not fit {card_class.__name__}: {exc or type(exc).__name__}"]
    return []


_STRINGS = ("license_name", "license_link", "library_name", "pipeline_tag", "pretty_name")
_STRING_LISTS = (
    "license",
    "language",
    "tags",
    "datasets",
    "metrics",
    "base_model",
    "task_categories",
    "size_categories",
    "task_ids",
)


def _shape_errors(data: dict[str, Any], repo_type: RepoType) -> list[str]:
    errors = [f'"{name}" must be a string' for name in _STRINGS if not isinstance(data.get(name, ""), str)]
    for name in _STRING_LISTS:
        value = data.get(name)
        values: list[Any] = value if isinstance(value, list) else [value]
        if value is not None and not all(isinstance(item, str) for item in values):
            hint = ' (write "no" in quotes: YAML reads it as false)' if False in values else ""
            errors.append(f'"{name}" must be a string or a list of strings{hint}')
    if repo_type == "dataset" and not _configs_fit(data.get("configs")):
        errors.append('"configs" must be a list of mappings that hold "config_name"')
    return errors


def _configs_fit(configs: Any) -> bool:
    return configs is None or (
        isinstance(configs, list) and all(isinstance(config, dict) and "config_name" in config for config in configs)
    )


def as_list(value: Any) -> list[str]:
    """Return a metadata value that may be one string or a list of them, as a list of strings."""
    values: list[Any] = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]


def read_json_bytes(content: bytes) -> Any:
    """Parse JSON that somebody else wrote.

    Returns:
        The value, or None when it is not JSON.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
