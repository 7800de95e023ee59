"""How much is taken from one client and for one site, before anything costly is done for it.

A client is its address as our own proxies vouch for it (web.client_address); of IPv6 the network
of 64 bits, for that is what one household gets (RFC 6177), and it may change the rest at will.
Requests whose address is not known count as one client. A client is named by a hash under a key of
the day (UTC), made from the secret: no store ever holds an address, and tomorrow's names say
nothing about today's.
"""

from __future__ import annotations

import hmac
import math
from socket import AF_INET6, inet_pton
from typing import Final

from limits import RateLimitItem
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine

from consent_server import clock
from consent_server.config import Settings
from consent_server.errors import TooManyRequests
from consent_server.rates import Rates, What
from consent_server.storage.counts import Counts
from consent_server.storage.shared_counts import SharedCounts

_NAME_BYTES: Final = 12
_NETWORK_BYTES: Final = 8
_DAY_SECONDS: Final = 86_400
_GRAINS: Final = 50  # a process may be behind the others by a fiftieth of the smallest rate
_DETAILS: Final[dict[What, str]] = {
    "address": "This address sends more than is taken from one; the rest must wait.",
    "site": "More is sent for this site than is taken for one; the rest must wait.",
    "pages": "This address asks for more pages than are made for one; try again later.",
    "signin": "This address tries to sign in more often than is taken; try again later.",
    "account": "There were more tries to sign in than are taken for one account; try again later.",
}


class RateLimiter:
    """Counts requests and refuses those beyond the rates. Costs a few microseconds."""

    def __init__(self, rates: Rates, secret: str, counts: Counts) -> None:
        self._rates = rates
        self._secret = secret.encode()
        self._counts = counts
        self._strategy = FixedWindowRateLimiter(counts)
        self._day = -1
        self._key = b""

    @classmethod
    def of(cls, settings: Settings, engine: Engine) -> RateLimiter:
        """Returns the limiter of a deployment: where several processes serve, they count as one."""
        rates = settings.rates
        amounts = [rate.amount for rate in (rates.address, rates.site, rates.pages) if rate]
        is_any = bool(amounts or rates.signin or rates.account)
        is_shared = engine.dialect.name == "postgresql" and is_any
        grain = max(1, min(amounts, default=1) // _GRAINS)
        counts = SharedCounts(engine, grain) if is_shared else Counts()
        return cls(rates, settings.secret_key, counts)

    def check(self, what: What, who: str) -> None:
        """Counts one request. Raises TooManyRequests when it is beyond the rate.

        who: for `address`, `pages` and `signin` a canonical client address or "", for `site` its
        key, for `account` its name, of which only a hash is kept.
        """
        rate = self._rates.of(what)
        if rate is None:
            return
        name = who if what == "site" else self._name(what, who)
        if not self._strategy.hit(rate, what, name):
            raise self._refusal(what, rate, name)

    def settle(self) -> None:
        """Exchanges counts with the other processes now, instead of within a second."""
        self._counts.settle()

    def close(self) -> None:
        """Ends what runs beside it."""
        self._counts.close()

    def _name(self, what: What, who: str) -> str:
        """Returns the name under which a client, or an account, is counted today."""
        day = int(clock.now().timestamp()) // _DAY_SECONDS
        if day != self._day:
            self._key = hmac.digest(self._secret, f"consent-server:rates:{day}".encode(), "sha256")
            self._day = day
        named = who.encode("utf-8", "replace") if what == "account" else _client(who)
        return hmac.digest(self._key, named, "sha256")[:_NAME_BYTES].hex()

    def _refusal(self, what: What, rate: RateLimitItem, name: str) -> TooManyRequests:
        ends_at = self._strategy.get_window_stats(rate, what, name).reset_time
        return TooManyRequests(
            _DETAILS[what],
            rule=what,
            limit=rate.amount,
            span_seconds=rate.get_expiry(),
            retry_after_seconds=max(1, math.ceil(ends_at - clock.now().timestamp())),
        )


def _client(who: str) -> bytes:
    """Returns what of an address is one client's: all of IPv4, the network of IPv6."""
    return inet_pton(AF_INET6, who)[:_NETWORK_BYTES] if ":" in who else who.encode()
