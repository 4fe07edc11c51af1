"""`python -m bench peers`: a short lab under this grader and under the graders that others use, side by side."""
