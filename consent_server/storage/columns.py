"""Column types and marks that several rooms share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import BigInteger, DateTime, Dialect, Index, Integer, UniqueConstraint
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

RowId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only INTEGER keys itself


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC on both engines; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no instant")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Item = TypeVar("Item", bound=Index | UniqueConstraint)


def only_on(dialect: str, item: Item) -> Item:
    """An index or a key that a table has on one engine and lacks on the other."""
    item.info["only_on"] = dialect
    item.ddl_if(dialect=dialect)
    return item


def personal(
    column_type: Any, *, retention: str, comment: str, **options: Any
) -> MappedColumn[Any]:
    """A column that says something about a person.

    retention: the record class whose period ends this column's life (see retention.rules).
    """
    return mapped_column(
        column_type, comment=comment, info={"personal": True, "retention": retention}, **options
    )
