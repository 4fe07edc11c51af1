"""Times keep their zone and points their places."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from grader.gradebook.types import Points, Utc

TABLE = sa.Table("t", sa.MetaData(), sa.Column("at", Utc), sa.Column("points", Points))


@pytest.fixture
def connection():
    engine = sa.create_engine("sqlite://")
    TABLE.metadata.create_all(engine)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def test_a_time_comes_back_as_utc(connection):
    there = dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=5)))
    connection.execute(sa.insert(TABLE).values(at=there, points=None))

    read = connection.execute(sa.select(TABLE)).one()
    assert (read.at, read.at.utcoffset(), read.points) == (there, dt.timedelta(0), None)


def test_a_time_without_a_zone_is_refused(connection):
    with pytest.raises(StatementError, match="zone"):
        connection.execute(sa.insert(TABLE).values(at=dt.datetime(2026, 1, 1), points=1))  # noqa: DTZ001 - the point


def test_points_are_rounded_to_four_places(connection):
    connection.execute(sa.insert(TABLE).values(at=None, points=0.1 + 0.2))

    assert str(connection.execute(sa.select(TABLE.c.points)).scalar_one()) == "0.3000"
