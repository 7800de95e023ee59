"""Masked visits tell visitors of one file apart, and nothing by which one could be found."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from consent_server.reports.masking import masked
from consent_server.visits.services import VisitView

AT = datetime(2026, 1, 15, tzinfo=UTC)
VISITOR = str(uuid.uuid4())
VISIT = VisitView(
    id=4711, visit_id=uuid.uuid4(), site_id=1, recorded_at=AT, gone_at=AT, device_class="mobile",
    country="KR",
    ip="203.0.113.77", path="/pricing", referrer="", visitor=VISITOR, browser="Safari",
    browser_version="17", system="iOS", system_version="17", device="iPhone", is_bot=False,
    user_agent="Mozilla/5.0",
)  # fmt: skip


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1234:5678::9", "2001:db8:1234::"),
        ("2002:cb00:714d::1", "2002:cb00:7100::"),  # 6to4 carries the IPv4 address
        ("", ""),
    ],
)
def test_of_an_address_its_network_remains(address: str, shown: str) -> None:
    [seen] = masked([replace(VISIT, ip=address)])

    assert seen.ip == shown


def test_the_browser_is_gone_and_its_parsed_parts_stay() -> None:
    [seen] = masked([VISIT])

    assert (seen.user_agent, seen.browser, seen.path) == ("", "Safari", "/pricing")
    assert (seen.site_id, seen.recorded_at) == (1, AT)


def test_ids_are_alike_within_a_file_and_differ_from_file_to_file() -> None:
    keyed = replace(VISIT, ip="keyed:00ff")
    first, second, stranger = masked([keyed, keyed, replace(keyed, visitor=str(uuid.uuid4()))])
    [elsewhere] = masked([keyed])

    assert (first.id, second.id, stranger.id) == (1, 2, 3)
    assert first.visitor == second.visitor != stranger.visitor
    assert first.ip == second.ip
    for seen in (first, elsewhere):
        assert seen.visit_id != VISIT.visit_id
        assert seen.visitor not in ("", VISITOR)
        assert seen.ip.startswith("keyed:")
        assert seen.ip != keyed.ip
    assert (first.visitor, first.ip) != (elsewhere.visitor, elsewhere.ip)


def test_who_is_unknown_stays_unknown() -> None:
    [seen] = masked([replace(VISIT, visitor="")])

    assert seen.visitor == ""
