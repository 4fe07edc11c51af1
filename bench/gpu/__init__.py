"""What is measured on a GPU: memory of training, many students at once, labs at real size."""
