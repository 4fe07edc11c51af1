"""Artifacts become verdicts, by pytest in a process of its own."""
