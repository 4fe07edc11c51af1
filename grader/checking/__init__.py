"""Judges the artifacts of a run with the lab's check modules, in a process of its own."""
