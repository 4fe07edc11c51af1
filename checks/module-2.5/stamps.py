"""Compares the stamp of a JSON file, the student's id and seed, with those of the run."""


def of_this_run(document, name, run, evidence, hint="") -> bool:
    """Ask that a file is of this run and of this student.

    Args:
        document: the file, which fits its schema.
        name: its name, for the table.
        run: the run.
        evidence: the table.
        hint: the next step when it is not.

    Returns:
        Whether it is.
    """
    stated = f"{document.text('student_id')}, seed {document.integer('seed')}"
    return evidence.equals(f"{name} is of", stated, f"{run.student_id}, seed {run.seed}", hint=hint)
