"""What the grader measures for itself, from safetensors and JSON alone."""
