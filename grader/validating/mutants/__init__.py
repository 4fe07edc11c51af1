"""Wrong submissions that nobody thought of: every declared artifact, changed in every way that its kind allows."""

from grader.validating.mutants.mutant import Mutant
from grader.validating.mutants.plan import plan_mutants

__all__ = ["Mutant", "plan_mutants"]
