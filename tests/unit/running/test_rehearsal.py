import nbformat.validator

from grader.running.rehearsal import rehearse


def test_the_schema_of_notebooks_is_compiled(monkeypatch):
    monkeypatch.setattr(nbformat.validator, "validators", {})

    rehearse()

    assert nbformat.validator.validators
