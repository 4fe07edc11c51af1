"""A student's files become a Submission, or a clear refusal."""
