"""Containment for code that nobody has read."""
