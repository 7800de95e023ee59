"""Fixtures shared by all tests; each lives in a file of `support` with one idea."""

from __future__ import annotations

import gc
from typing import Final

import pytest

pytest_plugins = [
    "support.prepared",
    "support.postgres",
    "support.pooler",
    "support.apps",
    "support.shop",
    "support.console",
    "support.preferences",
    "support.service",
    "support.proxy",
    "support.collector",
    "support.product_page",
    "support.browser",
]


# Files of these wait for services and browsers; begun last, one of them would keep a core idle.
_LONG: Final = ("faults", "drill", "journeys", "engines", "promises", "deploy", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the long files first, and keeps the order of everything else."""
    rooms = {room: rank for rank, room in enumerate(_LONG)}
    items.sort(key=lambda item: min(rooms.get(part, len(rooms)) for part in item.path.parts))


def pytest_collection_finish() -> None:
    """Spares the collector of garbage what stays to the end: modules, tables, all tests."""
    gc.collect()
    gc.freeze()
