"""The pictures of the vision miniatures."""
