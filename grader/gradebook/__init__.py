"""The book of record: students, submissions, judgements, grades, decisions, and the ledger of jobs."""
