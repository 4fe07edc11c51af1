"""The error tree of the grader.

GraderError
├── UsageFault        GR1xx  the call
├── LabFault          GR2xx  the lab's author
├── SubmissionFault   GR3xx  the student's notebook or its artifacts
├── InternalFault     GR5xx  the grader itself
└── MachineFault      GR6xx  what this machine lacks

GR4xx is never raised: a limit that a run hit is part of the run's result.
"""

from grader.codes import CODES, Code


class GraderError(Exception):
    """Anything the grader says to a person: a code, what happened, and what to do next."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        """Keep the code and its words.

        Args:
            code: an entry of `grader.codes.CODES`, such as `GR301`.
            message: what happened to this file or call, as one sentence.
            hint: the next step; the catalogue's cure when left out.

        Raises:
            KeyError: the code is not in the catalogue.
        """
        super().__init__(code, message, hint)
        self.entry: Code = CODES[code]
        self.code = code
        self.message = message
        self.hint = hint or self.entry.cure
        self.exit_code = self.entry.exit_code

    def __str__(self) -> str:
        return f"{self.code}  {self.message}"


class UsageFault(GraderError):
    """The command was called with something that does not exist or does not fit."""


class LabFault(GraderError):
    """A lab's own files are wrong: lab.toml, a check module, a solution notebook."""


class SubmissionFault(GraderError):
    """The student's notebook cannot be graded, or an artifact cannot be judged."""


class InternalFault(GraderError):
    """The grader itself failed; never lowers a mark."""


class MachineFault(GraderError):
    """This machine lacks what was asked for."""
