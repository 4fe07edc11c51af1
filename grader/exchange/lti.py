"""LTI 1.3 Assignment and Grade Services: the score object that a tool posts to `<line item>/scores`."""

import datetime as dt
from typing import Any

from grader.exchange.entry import counted, needs_person, summary
from grader.model.grade import Grade

MEDIA_TYPE = "application/vnd.ims.lis.v1.score+json"


def score(public: Grade, full: Grade, user_id: str, received: dt.datetime | None, now: dt.datetime) -> dict[str, Any]:
    """Return the score of one student.

    A fault of ours is `PendingManual`: with `Failed` or `Pending` a platform would ignore the score.

    Args:
        public: the grade as the student may read it.
        full: the same with what is for staff.
        user_id: whom the platform means.
        received: when it was handed in, if that is known.
        now: time of this score; a platform ignores one that is older than what it has.
    """
    given = counted(public.score, public.possible, public.total)
    made: dict[str, Any] = {
        "userId": user_id,
        "scoreGiven": 0.0 if given is None else given,
        "scoreMaximum": public.total,
        "comment": summary(public),
        "timestamp": _utc(now),
        "activityProgress": "Submitted" if needs_person(full) else "Completed",
        "gradingProgress": "PendingManual" if needs_person(full) else "FullyGraded",
    }
    if received is not None:
        made["submission"] = {"submittedAt": _utc(received)}
    return made


def _utc(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
