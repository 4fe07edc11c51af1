"""A notebook becomes a RunResult, whatever its code does."""
