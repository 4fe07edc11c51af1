"""Wrong submissions measure how strong the checks are."""

from grader.validating.apply import apply_case
from grader.validating.cases import Case, Edit, load_cases
from grader.validating.context import CaseContext
from grader.validating.judge import misjudged

__all__ = ["Case", "CaseContext", "Edit", "apply_case", "load_cases", "misjudged"]
