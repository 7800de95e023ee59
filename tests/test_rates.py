"""The notation of rates: what an operator writes is what holds, and slips are named."""

from __future__ import annotations

import pytest

from consent_server.rates import DEFAULT, Rates, parse_rates


def facts(rates: Rates) -> dict[str, tuple[int, int]]:
    named = {what: getattr(rates, what) for what in ("address", "site", "pages")}
    return {what: (rate.amount, rate.get_expiry()) for what, rate in named.items() if rate}


WRITTEN = [
    pytest.param("off", {}, id="off"),
    pytest.param(" OFF ", {}, id="off, loosely"),
    pytest.param("address 5/minute", {"address": (5, 60)}, id="one rule; the others are off"),
    pytest.param(
        "site 5 per 10 seconds,pages 9/hour", {"site": (5, 10), "pages": (9, 3600)}, id="two rules"
    ),
    pytest.param("address 1/day", {"address": (1, 86_400)}, id="the longest"),
]


@pytest.mark.parametrize(("text", "rates"), WRITTEN)
def test_a_text_names_rates(text: str, rates: dict[str, tuple[int, int]]) -> None:
    assert facts(parse_rates(text)) == rates


def test_the_default_limits_everything_and_pages_less_than_records() -> None:
    rates = facts(parse_rates(DEFAULT))

    assert rates["address"] < rates["pages"] < rates["site"]


SLIPS = [
    "",
    "on",
    "1200/minute",
    "address",
    "address 0/minute",
    "address -3/minute",
    "address 1200",
    "address 1200/minute; site 5/minute",
    "address 1/minute, address 2/minute",
    "visitor 5/minute",
    "address 5/fortnight",
    "address 5 per 2 days",
    "address 5/minute,",
]


@pytest.mark.parametrize("text", SLIPS, ids=lambda text: text or "empty")
def test_a_slip_is_named_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^'") as refusal:
        parse_rates(text)

    assert "\n" not in str(refusal.value)
