"""What a visitor downloads for a site as it is when it has just been added."""

from __future__ import annotations

from statistics import median

import msgspec
import pytest

from support.shop import NOTICE, MakeShop, Shop

# Brotli, one language, without services; the same words take more bytes in Hangul.
NOTICE_AND_GATE_BYTES = {"en": 6_000, "ko": 6_099}
PREFERENCES_BYTES = 5_000


def brotlied(shop: Shop, path: str) -> int:
    response = shop.app.test_client().get(path, headers={"Accept-Encoding": "br"})
    assert response.headers["Content-Encoding"] == "br"
    return len(response.data)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_default_configuration_stays_within_its_budget(
    make_shop: MakeShop, language: str
) -> None:
    # a site's random key takes some bytes more or less
    bare = msgspec.structs.replace(NOTICE, services=())
    shops = [make_shop().with_notice(bare) for _ in range(5)]
    scripts = [brotlied(shop, f"/embed/{shop.key}.js?lang={language}") for shop in shops]
    preferences = brotlied(shops[0], f"/embed/{shops[0].key}/preferences.js?lang={language}")

    assert median(scripts) <= NOTICE_AND_GATE_BYTES[language]
    assert preferences <= PREFERENCES_BYTES
