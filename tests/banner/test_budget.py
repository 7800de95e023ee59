"""What a visitor downloads for a site as it is when it has just been added."""

from __future__ import annotations

import msgspec
import pytest

from consent_server.policies.services import publish
from support.shop import NOTICE, Shop

NOTICE_AND_GATE_BYTES = 6_600  # brotli, one language, without services
PREFERENCES_BYTES = 5_000


def brotlied(shop: Shop, path: str) -> int:
    with shop.app.app_context():
        publish(shop.id, msgspec.structs.replace(NOTICE, services=()))
    response = shop.app.test_client().get(path, headers={"Accept-Encoding": "br"})
    assert response.headers["Content-Encoding"] == "br"
    return len(response.data)


@pytest.mark.parametrize(
    ("file", "limit"), [(".js", NOTICE_AND_GATE_BYTES), ("/preferences.js", PREFERENCES_BYTES)]
)
def test_the_default_configuration_stays_within_its_budget(
    shop: Shop, file: str, limit: int
) -> None:
    assert brotlied(shop, f"/embed/{shop.key}{file}?lang=en") <= limit
