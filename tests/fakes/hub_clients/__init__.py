"""What the real clients do against the Hub, step by step, in a process of their own."""
