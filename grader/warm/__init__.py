"""A process that has imported everything once and forks a worker for each job: the cold path, without its imports."""
