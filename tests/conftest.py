"""Fixtures shared by all tests; each lives in a file of `support` with one idea."""

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
