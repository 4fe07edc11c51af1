"""The only place where labs, Hub, sandbox and stages are chosen and put together."""

from grader.wiring.workshop import Workshop

__all__ = ["Workshop"]
