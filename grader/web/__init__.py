"""`grader serve`: a small web application for the instructor, on this machine alone."""
