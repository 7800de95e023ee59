"""While PostgreSQL is away a visitor's choice waits in the browser, and is kept once it is back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from support.browser import wait_until
from support.cluster import Cluster
from support.cluster import cluster as cluster
from support.gated_page import Product, choose
from support.product_page import ProductPages
from support.service import MakeService

QUEUE = "JSON.parse(localStorage.getItem('cs_' + ConsentBanner.getConfig('site')) ?? '[]')"


@pytest.fixture
def product_on_postgres(
    make_service: MakeService, cluster: Cluster, product_pages: ProductPages, notice_file: Path
) -> Iterator[Product]:
    """A product whose service keeps its records in PostgreSQL."""
    service = make_service(cluster.urls | {"CONSENT_EMBED_MAX_AGE_SECONDS": "300"})
    key = service.add_site(product_pages.origin, notice=str(notice_file))
    service.start()
    yield Product(service, product_pages, key, service.tag)
    service.kill()  # before its databases are dropped


def test_a_choice_made_while_the_database_is_away_is_one_record_when_it_is_back(
    page: Page, product_on_postgres: Product, cluster: Cluster
) -> None:
    product_on_postgres.open(page)
    cluster.postgres.stop()

    with page.expect_response("**/v1/consents") as refused:
        choose(page, "necessary")
    wait_until(page, f"{QUEUE}.length === 1")
    cluster.postgres.start()
    page.goto(product_on_postgres.url)
    wait_until(page, f"{QUEUE}.length === 0")

    assert (refused.value.status, "retry-after" in refused.value.headers) == (503, True)
    assert [row["action"] for row in product_on_postgres.rows()] == ["refuse_all"]
