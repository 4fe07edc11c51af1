"""Measures what the checks need to know from artifacts alone, without running anything of the student's."""
