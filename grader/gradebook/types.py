"""Column types that mean the same on SQLite and on PostgreSQL."""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, Numeric
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

#: Numbers rows; SQLite counts on its own only for a plain INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")

_FOUR_PLACES = Decimal("0.0001")


class Utc(TypeDecorator[dt.datetime]):
    """A point in time: stored as UTC, read back with its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn any zone into UTC; a time without one is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time needs its zone.")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give a stored time its zone back, which SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Points(TypeDecorator[Decimal]):
    """Points with four places: NUMERIC(9,4), read back as a Decimal."""

    impl = Numeric(9, 4)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Let SQLite keep the double next to it: five digits and four places are read back without loss."""
        return dialect.type_descriptor(Numeric(9, 4, asdecimal=dialect.name != "sqlite"))

    def process_bind_param(self, value: Decimal | float | None, dialect: Dialect) -> Any:
        """Round to four places."""
        if value is None:
            return None
        exact = _exact(value)
        return float(exact) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return four places."""
        return None if value is None else _exact(value)


def _exact(value: Decimal | float) -> Decimal:
    number = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return number.quantize(_FOUR_PLACES)
