"""The language of the text miniatures: words, grammar, rows."""
