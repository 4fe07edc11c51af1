"""Repeats looks that take time only now and then: contained code must not keep its supervisor busy."""

import time
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

#: Such looks take at most one part in this many of the time.
_SHARE = 20

Given = ParamSpec("Given")
Found = TypeVar("Found")


def pause(least: float, spent: float) -> float:
    """Return the seconds until a look is worth its time again.

    Args:
        least: seconds, however quick it was.
        spent: seconds that it took.
    """
    return max(least, _SHARE * spent)


class Rarely(Generic[Given, Found]):
    """A look that is made when it is due; until then it is what it found last."""

    def __init__(
        self, look: Callable[Given, Found], seconds: float, clock: Callable[[], float] = time.thread_time
    ) -> None:
        """Look when first called.

        Args:
            look: what takes time.
            seconds: the least between two looks.
            clock: measures what a look takes; that of the processor when left out: on a busy machine any other would
                make looks rare.
        """
        self._look = look
        self._seconds = seconds
        self._clock = clock
        self._due = 0.0
        self._last: Found

    def __call__(self, *args: Given.args, **kwargs: Given.kwargs) -> Found:
        """Return what the look finds, or has found lately."""
        if time.monotonic() >= self._due:
            before = self._clock()
            self._last = self._look(*args, **kwargs)
            self._due = time.monotonic() + pause(self._seconds, self._clock() - before)
        return self._last
