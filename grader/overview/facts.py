"""Puts the facts of a class together."""

from collections.abc import Sequence

from grader.model.lab import Lab
from grader.model.overview import ClassFacts, Entry, Pair
from grader.overview.attention import needs_a_person
from grader.overview.claims import find_claims
from grader.overview.cost import add_up_cost
from grader.overview.items import analyse_items
from grader.overview.scores import describe_scores
from grader.overview.signatures import find_signatures


def class_facts(
    lab: Lab, entries: Sequence[Entry], pairs: Sequence[Pair], *, made: str, notes: Sequence[str] = ()
) -> ClassFacts:
    """Compute everything that the class page of a lab shows.

    Args:
        lab: the lab.
        entries: every student, with the grade that counts.
        pairs: notebooks and checkpoints that are alike.
        made: now, ISO 8601.
        notes: what was left out, and why.

    Returns:
        The facts, students by name.
    """
    ordered = sorted(entries, key=lambda entry: ((entry.name or entry.student).casefold(), entry.student))
    grades = [entry.grade for entry in ordered if entry.grade is not None]
    claims = find_claims(ordered)
    return ClassFacts(
        lab_id=lab.id,
        title=lab.title,
        version=lab.version,
        total=lab.points,
        made=made,
        entries=tuple(ordered),
        attention=needs_a_person(ordered, claims, pairs),
        scores=describe_scores(ordered),
        items=analyse_items(grades),
        signatures=find_signatures(ordered),
        claims=claims,
        cost=add_up_cost(grades),
        pairs=tuple(pairs),
        notes=tuple(notes),
    )
