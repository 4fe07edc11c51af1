"""Projects grades into the formats of other systems; no number is computed twice."""
