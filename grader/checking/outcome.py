"""What a check may raise to say that something is not there yet."""


class CheckFailure(Exception):
    """The student's work does not do what the check asks for."""

    def __init__(self, message: str, hint: str = "", *, mistake: str = "") -> None:
        """Keep the words for the student.

        Args:
            message: what was found, as one sentence.
            hint: the next step; the check's own hint when left out.
            mistake: name of the usual mistake that this shows, such as `tokenizer-mismatch`.
        """
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.mistake = mistake


class Missing(CheckFailure):
    """A file, a key or a column that the lab asks for is not there."""
