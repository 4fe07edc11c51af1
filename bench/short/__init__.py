"""The short lab of the benchmark, as this grader and as others want it."""
