"""Finds what a class handed in: in a folder, an archive, or the download of a learning platform."""
