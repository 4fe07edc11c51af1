"""Names that the plugin, the lints and the documentation share."""

#: Functions of a check module whose names start so are checks.
CHECK_PREFIX = "test_"

#: Fixtures that a check may take.
FIXTURES = frozenset(
    {"artifacts", "evidence", "lab", "measured", "notebook", "probes", "bases", "hub", "run", "request"}
)
