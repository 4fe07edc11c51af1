"""What a verdict earns: the one place where points are rounded, so that every page shows the same sum."""

import math
from decimal import ROUND_HALF_UP, Decimal

from grader.model.verdict import Verdict, VerdictStatus

_CENT = Decimal("0.01")


def earned(verdict: Verdict) -> Decimal | None:
    """Return the points that a verdict earns.

    Args:
        verdict: the answer of one check.

    Returns:
        Points with two decimals, half a hundredth rounded up; None when the check's points leave the total: our
        fault, or nothing could be judged here. A check that waits for a failed one earns 0.
    """
    share = _share(verdict)
    return None if share is None else to_cents(_exact(verdict.check.points) * share)


def to_cents(value: Decimal | float) -> Decimal:
    """Round points.

    Args:
        value: any number of points.

    Returns:
        Two decimals, half a hundredth rounded away from zero.
    """
    return _exact(value).quantize(_CENT, ROUND_HALF_UP)


def _share(verdict: Verdict) -> Decimal | None:
    if verdict.status == VerdictStatus.PASSED:
        return Decimal(1)
    if verdict.status == VerdictStatus.FAILED:
        return Decimal(0)
    if verdict.status == VerdictStatus.OUR_FAULT:
        return None
    fraction = verdict.fraction
    if fraction is None or math.isnan(fraction):  # NaN: the check broke, which must not cost points
        return None
    if verdict.status == VerdictStatus.NOT_JUDGED:
        return Decimal(0)  # it waits for a check that failed
    return min(max(_exact(fraction), Decimal(0)), Decimal(1))


def _exact(value: Decimal | float) -> Decimal:
    # by way of its shortest text: 0.285 means 285 thousandths, not the binary number just below
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))
