"""A reference solution becomes the starter that students get."""
