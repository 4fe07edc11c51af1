"""Fixtures of the conformance suites."""

from tests.fakes.gradebooks import book, place, postgres

__all__ = ["book", "place", "postgres"]
