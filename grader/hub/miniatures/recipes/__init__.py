"""How each miniature is made: one recipe a file, each a function from a seed to files and figures."""
