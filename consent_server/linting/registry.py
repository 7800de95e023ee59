"""Cookies and services in use that the notice does not know, each with how we know of it.

Known are: what the banner itself stores, the vendors that its settings tell of decisions, cookies
that the notice names in words only, and what was seen on a page (evidence). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from consent_server.errors import N_
from consent_server.linting import sources
from consent_server.linting.findings import Examined, Rule, Spot
from consent_server.linting.known import (
    KNOWN,
    Known,
    fits,
    is_within,
    owner_of_host,
    owner_of_name,
)

OWN_COOKIE: Final = "cs_consent"
_IN_WORDS: Final = re.compile(
    r"(?:cookies?|쿠키|storage|스토리지)\s+([A-Za-z_][A-Za-z0-9_.*-]{1,60})", re.IGNORECASE
)


def cookie_unknown(examined: Examined) -> Iterator[Spot]:
    """A cookie that was seen on a page and that no service lists."""
    listed = _listed_names(examined)
    for name in sorted(examined.evidence.names):
        if name != OWN_COOKIE and not any(fits(name, own) for own in listed):
            yield Spot("add-services", {"name": name, "whose": _whose(owner_of_name(name))})


def host_unknown(examined: Examined) -> Iterator[Spot]:
    """A well-known service that a page loads and the notice does not list."""
    seen = examined.evidence.hosts | examined.evidence.gated
    for host in sorted(seen):
        known = owner_of_host(host)
        if known and not _is_listed(examined, known) and not _is_listed_host(examined, host):
            yield Spot("add-services", {"host": host, "whose": known.name})


def host_ungated(examined: Examined) -> Iterator[Spot]:
    """A well-known service that a page loads before any choice."""
    for host in sorted(examined.evidence.hosts):
        known = owner_of_host(host)
        is_blocked = examined.settings.blocking and _is_listed_host(examined, host)
        if known and not is_blocked:
            yield Spot("blocking", {"host": host, "whose": known.name})


def gate_unknown(examined: Examined) -> Iterator[Spot]:
    """A gate in a page that waits for what no notice asks."""
    purposes = {purpose.key for purpose in examined.notice.purposes} | {"necessary"}
    services = {service.key for service in examined.notice.services}
    for name in sorted(examined.evidence.categories - purposes):
        yield Spot("add-purposes", {"attribute": f'data-category="{name}"'})
    for name in sorted(examined.evidence.services - services):
        yield Spot("add-services", {"attribute": f'data-service="{name}"'})


def vendor_unlisted(examined: Examined) -> Iterator[Spot]:
    """A vendor who is told of decisions and who is no service of the notice."""
    for known in KNOWN:
        is_told = known.setting and getattr(examined.settings, known.setting)
        if is_told and not _is_listed(examined, known):
            facts = {"vendor": known.name, "names": ", ".join(known.names)}
            yield Spot("add-services", facts | {"setting": known.setting})


def name_in_words_only(examined: Examined) -> Iterator[Spot]:
    """A cookie that a service names in its words and not in its list of names."""
    for at, service in enumerate(examined.notice.services):
        told = {name for words in service.stores.values() for name in _IN_WORDS.findall(words)}
        for name in sorted(told):
            if not any(fits(name, own) for own in service.names) and _looks_like_a_name(name):
                yield Spot(f"services.{at}.names", {"service": service.name, "name": name})


def tracker_as_necessary(examined: Examined) -> Iterator[Spot]:
    """A well-known tracker that is said to be necessary."""
    for at, service in enumerate(examined.notice.services):
        known = next((one for one in KNOWN if one.is_listed_as(service)), None)
        if service.purpose == "necessary" and known:
            yield Spot(f"services.{at}.purpose", {"service": service.name, "known": known.name})


def own_cookie_unlisted(examined: Examined) -> Iterator[Spot]:
    """The banner's own cookie, which remembers the choice."""
    if not any(fits(OWN_COOKIE, name) for name in _listed_names(examined)):
        yield Spot("add-services", {"name": OWN_COOKIE})


def _listed_names(examined: Examined) -> list[str]:
    return [name for service in examined.notice.services for name in service.names]


def _is_listed(examined: Examined, known: Known) -> bool:
    return any(known.is_listed_as(service) for service in examined.notice.services)


def _is_listed_host(examined: Examined, host: str) -> bool:
    services = examined.notice.services
    return any(is_within(host, own) for service in services for own in service.hosts)


def _looks_like_a_name(word: str) -> bool:
    """Tells `tub_id` and `_ga` from the words of a sentence."""
    return any(sign in "_-*" or sign.isdigit() for sign in word)


def _whose(known: Known | None) -> str:
    return f" ({known.name})" if known else ""


RULES: Final = (
    Rule(
        "cookie-unknown", "error", sources.PIPA_30_COOKIES,
        N_("Unknown cookie %(name)s%(whose)s: it is on the page that you gave, and no service of "
           "the notice lists it."),
        cookie_unknown,
    ),
    Rule(
        "host-ungated", "error", sources.EPRIVACY_5_3,
        N_("The page loads %(host)s (%(whose)s) before any choice; mark it with data-category, or "
           "list its host and block by hosts."),
        host_ungated,
    ),
    Rule(
        "gate-unknown", "error", sources.GATES,
        N_("The page waits with %(attribute)s for what the notice does not ask: it never starts."),
        gate_unknown,
    ),
    Rule(
        "tracker-as-necessary", "error", sources.EDPB_ESSENTIAL,
        N_("%(service)s is listed as necessary, but %(known)s is not what a visitor asked for."),
        tracker_as_necessary,
    ),
    Rule(
        "host-unknown", "warning", sources.PIPA_30_COOKIES,
        N_("Unknown service %(whose)s: the page that you gave loads %(host)s, and the notice does "
           "not list it."),
        host_unknown,
    ),
    Rule(
        "vendor-unlisted", "warning", sources.PIPA_17,
        N_("Unknown service %(vendor)s: the setting “%(setting)s” tells it what was decided, so it "
           "is in use, and the notice lists none of its cookies (%(names)s)."),
        vendor_unlisted,
    ),
    Rule(
        "name-in-words-only", "warning", sources.WITHDRAWAL,
        N_("Unknown cookie %(name)s: %(service)s names it in words only. In its list of names it "
           "is taken away when refused."),
        name_in_words_only,
    ),
    Rule(
        "own-cookie-unlisted", "hint", sources.PIPA_22_3,
        N_("The banner itself stores %(name)s; list it as a necessary service, so that the table "
           "of cookies is whole."),
        own_cookie_unlisted,
    ),
)  # fmt: skip
