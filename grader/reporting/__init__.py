"""A grade becomes pages for people."""
