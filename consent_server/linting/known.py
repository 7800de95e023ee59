"""Well-known services by what they leave and load, from their makers' own lists of cookies. Pure.

Enough to say whose an unknown cookie is; not a register of all there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from consent_server.policies.schemas import Service


@dataclass(frozen=True, slots=True)
class Known:
    """A service. names: cookies and storage keys, `*` stands for any characters. hosts: of its own.

    setting: of the banner, which tells it what was decided.
    """

    name: str
    names: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    setting: str = ""

    def is_listed_as(self, service: Service) -> bool:
        """Whether a service of a notice is this one, by a name of either."""
        called = f"{service.name} {service.vendor}".casefold()
        return (
            self.name.casefold() in called
            or any(fits(name, own) for name in self.names for own in service.names)
            or any(is_within(host, own) for host in self.hosts for own in service.hosts)
        )


KNOWN: Final[tuple[Known, ...]] = (
    Known(
        "Google Analytics",
        ("_ga", "_ga_*", "_gid", "_gat*"),
        ("google-analytics.com", "analytics.google.com"),
    ),
    Known("Google Tag Manager", (), ("googletagmanager.com",)),
    Known(
        "Google Ads",
        ("_gcl_*", "IDE", "test_cookie"),
        ("doubleclick.net", "googleadservices.com", "googlesyndication.com"),
    ),
    Known("Meta Pixel", ("_fbp", "_fbc"), ("connect.facebook.net",), "meta"),
    Known("Microsoft Advertising", ("_uetsid*", "_uetvid*"), ("bat.bing.com",), "uet"),
    Known("Microsoft Clarity", ("_clck", "_clsk", "CLID"), ("clarity.ms",), "clarity"),
    Known("TikTok Pixel", ("_ttp", "_tt_enable_cookie"), ("analytics.tiktok.com",), "tiktok"),
    Known("LinkedIn", ("li_sugr", "bcookie", "lidc", "UserMatchHistory"), ("snap.licdn.com",)),
    Known("X Ads", ("muc_ads", "personalization_id"), ("static.ads-twitter.com",)),
    Known("Pinterest", ("_pin_unauth", "_pinterest_*"), ("ct.pinterest.com", "s.pinimg.com")),
    Known("Snap Pixel", ("_scid", "_scid_r"), ("sc-static.net",)),
    Known("Criteo", ("cto_bundle", "cto_bidid"), ("criteo.net", "criteo.com")),
    Known("Hotjar", ("_hjSession*", "_hjid"), ("static.hotjar.com", "script.hotjar.com")),
    Known("Matomo", ("_pk_id*", "_pk_ses*", "_pk_ref*")),
    Known("Amplitude", ("AMP_*", "amplitude_id*"), ("cdn.amplitude.com", "api2.amplitude.com")),
    Known("Mixpanel", ("mp_*_mixpanel",), ("cdn.mxpnl.com",)),
    Known("PostHog", ("ph_*_posthog",), ("posthog.com",)),
    Known("Segment", ("ajs_anonymous_id", "ajs_user_id"), ("cdn.segment.com",)),
    Known("HubSpot", ("hubspotutk", "__hstc", "__hssc", "__hssrc"), ("js.hs-scripts.com",)),
    Known("Naver Analytics", ("wcs_bt",), ("wcs.naver.net", "wcs.naver.com", "wcs.pstatic.net")),
    Known("Kakao Pixel", (), ("t1.daumcdn.net", "t1.kakaocdn.net")),
    Known("Channel Talk", ("ch-veil-id", "ch-session-*"), ("cdn.channel.io",)),
    Known("Yandex Metrica", ("_ym_uid", "_ym_d", "_ym_isad"), ("mc.yandex.ru", "mc.yandex.com")),
    Known("YouTube", ("VISITOR_INFO1_LIVE", "YSC"), ("youtube.com",)),
    Known("Vimeo", ("vuid",), ("player.vimeo.com",)),
)


def fits(name: str, pattern: str) -> bool:
    """Whether a name is meant by another one, in which `*` stands for any characters."""
    return name == pattern or _pattern(pattern).fullmatch(name) is not None


def is_within(host: str, domain: str) -> bool:
    """Whether a host is a domain or one below it."""
    return host == domain or host.endswith(f".{domain}")


def owner_of_name(name: str) -> Known | None:
    """Returns the service that leaves a cookie of this name."""
    return next((one for one in KNOWN if any(fits(name, own) for own in one.names)), None)


def owner_of_host(host: str) -> Known | None:
    """Returns the service that a host belongs to."""
    return next((one for one in KNOWN if any(is_within(host, own) for own in one.hosts)), None)


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))
