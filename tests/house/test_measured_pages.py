"""Every page of the console is among those whose time is measured (bench/console_pages.py)."""

from __future__ import annotations

import pytest
from flask import Flask

from bench.console_pages import PAGES
from support.furnished import endpoints_of_pages


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_every_page_of_the_console_is_measured(app: Flask) -> None:
    assert set(PAGES) == endpoints_of_pages(app)
