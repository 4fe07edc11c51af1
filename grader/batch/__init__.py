"""Grades a class: plans jobs, hands them to an engine, and records what comes back, once each."""
