"""What a banner was made of: settings with each change, code once a release."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from consent_server import clock
from consent_server.banner.history import banner_at
from consent_server.banner.models import BannerScript
from consent_server.sites.models import BannerState
from consent_server.sites.services import NewSite, change_site, find_site, keep_banner_settings
from consent_server.storage.database import db
from support.shop import Shop

NOON = datetime(2026, 1, 15, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_settings_are_kept_with_each_change_and_told_by_their_time(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.app.app_context():
        began = find_site(shop.key).created_at
        for hours in (1, 2):
            monkeypatch.setattr(clock, "now", lambda hours=hours: began + hours * HOUR)
            keep_banner_settings(shop.key, f'{{"reload":{str(hours == 1).lower()}}}')
            change_site(find_site(shop.key), NewSite(name="Shop", origins=["https://shop.example"]))

        told = [
            banner_at(shop.id, began + minutes * timedelta(minutes=1)).settings
            for minutes in (0, 59, 60, 119, 120)
        ]
        before = banner_at(shop.id, began - HOUR)

        assert told == ["{}", "{}", '{"reload":true}', '{"reload":true}', '{"reload":false}']
        assert (before.settings, before.settings_since) == ("{}", None)
        assert db.session.scalar(select(func.count()).select_from(BannerState)) == 3


def test_code_is_kept_once_a_release(shop: Shop) -> None:
    with shop.app.app_context():
        assert banner_at(shop.id, clock.now()).script is None
    with shop.app.app_context():
        for _ in range(2):
            assert shop.house.upkeep.run()
        then = banner_at(shop.id, clock.now())
        earlier = banner_at(shop.id, clock.now() - HOUR)

        assert then.script == shop.house.documents.code
        assert then.script_since is not None
        assert (earlier.script, earlier.script_since) == (then.script, None)
        assert db.session.scalar(select(func.count()).select_from(BannerScript)) == 1
