"""Fixtures shared by all tests; each lives in a file of `support` with one idea."""

from __future__ import annotations

import gc

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


def pytest_collection_finish() -> None:
    """Spares the collector of garbage what stays to the end: modules, tables, all tests."""
    gc.collect()
    gc.freeze()
