"""What the console calls things: codes in the operator's language.

A code without words is shown as it is. Templates know every function that a module of this room
names in its `__all__`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from consent_server.admin.words import (
    access_log,
    cases,
    exports,
    figures,
    health,
    people,
    records,
    retention,
)


def all_words() -> Mapping[str, Callable[..., str]]:
    """Returns all functions of this room by name."""
    rooms = (access_log, cases, exports, figures, health, people, records, retention)
    return {name: getattr(room, name) for room in rooms for name in room.__all__}
