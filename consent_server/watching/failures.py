"""An exception as the log tells it: where it happened and why, without what was in hand.

A message may quote anything: the value that could not be read, the row that the database refused
(PostgreSQL's DETAIL), a path. So only messages are kept whose words are known to be the program's:
our own errors, the system's, the interpreter's about itself, and of a database what it says about
itself. Of the rest the type and the lines remain, which is what mends a fault.
"""

from __future__ import annotations

import traceback
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from consent_server.errors import ConsentServerError, Problem

_SPEAK_OF_THE_PROGRAM: Final = (
    AttributeError, ImportError, NameError, NotImplementedError, RecursionError, TimeoutError,
)  # fmt: skip
_CAUSES: Final = 8  # no chain that means anything is longer


def told(error: BaseException) -> str:
    """Returns the causes of an error, the first one first, each with its lines."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain and len(chain) < _CAUSES:
        chain.append(current)
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)
    return "\nwhich led to\n".join(_one(found) for found in reversed(chain))


def reason(error: BaseException) -> str:
    """Returns type and, where it is safe, message of an error in one line."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    said = _safe_message(error)
    return f"{name}: {said}" if said else name


def _one(error: BaseException) -> str:
    lines = [
        f"  {frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__, limit=50)
    ]
    return "\n".join([*lines, reason(error)])


def _safe_message(error: BaseException) -> str:
    match error:
        case Problem():
            return error.title  # the detail may quote the request
        case DBAPIError():
            return _database(error.orig)
        case SQLAlchemyError():
            return f"code {error.code}" if error.code else ""
        case ConsentServerError():
            return str(error)
        case OSError():
            return error.strerror or ""
        case _ if isinstance(error, _SPEAK_OF_THE_PROGRAM):
            return str(error)
    return _database(error) if hasattr(error, "sqlite_errorname") else ""


def _database(error: Any) -> str:
    """Returns what a database says about itself: SQLite quotes no values, PostgreSQL does."""
    if name := getattr(error, "sqlite_errorname", None):
        return f"{name}: {error}"
    if state := getattr(error, "sqlstate", None):
        constraint = error.diag.constraint_name or ""
        return f"SQLSTATE {state} {constraint}".rstrip()
    return next(iter(str(error).splitlines()), "")  # no connection: no statement, no values
