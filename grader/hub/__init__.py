"""The embedded Hub: a server that the real clients cannot tell from the real one."""
