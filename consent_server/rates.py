"""Rates: how many requests are taken in which span of time, as an operator writes them.

    CONSENT_RATE_LIMITS=address 1200/minute, site 60000/minute, pages 2400/minute, ...

Each rule is named once; what is not named is not limited, and `off` names nothing. The notation of
a rate is that of the library limits: `100/minute`, `5 per 10 seconds`, `20000/hour`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from limits import RateLimitItem, parse_many

What = Literal["address", "site", "pages", "signin", "account"]

DEFAULT: Final = (
    "address 1200/minute, site 60000/minute, pages 2400/minute, "
    "signin 30/minute, account 30 per 15 minutes"
)
OFF: Final = "off"
_LONGEST_SECONDS: Final = 86_400  # names of clients change at midnight, and so begin anew


@dataclass(frozen=True, slots=True)
class Rates:
    """What one client address may send, what all may send for one site, what one may look up.

    signin: how often one address may try to sign in; account: how often anyone may for one account.
    """

    address: RateLimitItem | None = None
    site: RateLimitItem | None = None
    pages: RateLimitItem | None = None
    signin: RateLimitItem | None = None
    account: RateLimitItem | None = None

    def of(self, what: What) -> RateLimitItem | None:
        """Returns the rate of one rule; None: not limited."""
        rate: RateLimitItem | None = getattr(self, what)
        return rate


def parse_rates(text: str) -> Rates:
    """Returns the rates that a text names. Raises ValueError, in words for the operator."""
    if text.strip().lower() == OFF:
        return Rates()
    rules: dict[str, RateLimitItem] = {}
    for rule in text.split(","):
        name, _, rate = rule.strip().partition(" ")
        if name not in Rates.__slots__ or name in rules:
            known = ", ".join(Rates.__slots__)
            raise ValueError(f"{rule.strip()!r}: name each of {known} once")
        rules[name] = _rate(rate)
    return Rates(**rules)


def _rate(text: str) -> RateLimitItem:
    try:
        (rate,) = parse_many(text)
    except ValueError as error:
        raise ValueError(f"{text!r}: write one rate, like 1200/minute") from error
    if rate.amount < 1 or not 1 <= rate.get_expiry() <= _LONGEST_SECONDS:
        raise ValueError(f"{text!r}: at least one request, in at most a day")
    return rate
