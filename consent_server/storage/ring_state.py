"""Remembers beside the data how far the key ring has come, so that an old copy of it is known.

No key and nothing of a key: the random name of the ring and the number of its generation. Satisfies
`keys.store.Witness` without knowing it. A restored backup may say less than the ring does, which is
right: then the ring is newer than the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import (
    Connection,
    Engine,
    Insert,
    Integer,
    String,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.errors import Unavailable
from consent_server.storage.database import Model, table_of


class RingState(Model):
    """The single row about the ring in use."""

    __tablename__ = "ring_state"
    __table_args__ = ({"comment": "how far the key ring has come; an older copy of it is refused"},)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="always 1")
    ring: Mapped[str] = mapped_column(String(32), comment="random name of the ring")
    generation: Mapped[int] = mapped_column(
        Integer, comment="highest seen; raised with each roll of the master key"
    )


_TABLE = table_of(RingState)
_ONLY = 1


class RingMemory:
    """The row, for whoever uses the ring. engine: of the main database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def last_seen(self) -> tuple[str, int] | None:
        """Returns ring and generation; None when none was seen. Raises Unavailable."""
        with _or_unavailable(), self._engine.connect() as connection:
            row = connection.execute(select(_TABLE.c.ring, _TABLE.c.generation)).one_or_none()
            return None if row is None else (row.ring, row.generation)

    def remember(self, ring: str, generation: int) -> None:
        """Keeps that a ring has come so far, if it is further than before. Raises Unavailable."""
        raised = update(_TABLE).where(_TABLE.c.ring == ring, _TABLE.c.generation < generation)
        with self._writing() as connection:
            if connection.execute(select(_TABLE.c.id)).first() is None:
                connection.execute(_row(ring, generation))
            else:
                connection.execute(raised.values(generation=generation))

    def replace(self, ring: str, generation: int) -> None:
        """Keeps another ring instead of the one that was lost. Raises Unavailable."""
        with self._writing() as connection:
            connection.execute(delete(_TABLE))
            connection.execute(_row(ring, generation))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            _or_unavailable(),
            suppress(IntegrityError),  # another node was quicker: the next look compares with it
            self._engine.execution_options(writes=True).begin() as connection,
        ):
            yield connection


def _row(ring: str, generation: int) -> Insert:
    return insert(_TABLE).values(id=_ONLY, ring=ring, generation=generation)


@contextmanager
def _or_unavailable() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:  # away, locked, or of an earlier schema
        raise Unavailable("The database does not say which key ring is its own.") from error
