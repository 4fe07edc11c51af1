"""The sounds of the speech miniatures."""
