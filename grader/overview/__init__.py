"""Computes what a class did in one lab: distribution, items, signatures, claims, cost, what is alike."""

from grader.overview.facts import class_facts

__all__ = ["class_facts"]
