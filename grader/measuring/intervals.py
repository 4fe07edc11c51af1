"""Confidence intervals of measured shares."""

import math

#: Two-sided 95 % quantile of the normal distribution.
Z95 = 1.959963984540054


def wilson(correct: int, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927);
    centre (p + z²/2n) / (1 + z²/n), half width z sqrt(p(1-p)/n + z²/4n²) / (1 + z²/n).

    Args:
        correct: successes, 0 to n.
        n: trials, at least 1.

    Returns:
        Its lower and upper end, within 0 to 1.
    """
    share, z2 = correct / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)
