"""The command line: talks to people, decides nothing."""

from grader.cli.app import main

__all__ = ["main"]
