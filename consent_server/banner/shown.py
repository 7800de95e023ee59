"""What the script and its parts are told about a site, in one language. Pure.

The start carries what every page needs; a part brings the names and texts that only it shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from consent_server.banner.look import styles_of
from consent_server.banner.parts import (
    CHANGES,
    CHANGES_TEXTS,
    CORE_TEXTS,
    FETCHED,
    TEXTS,
    joined_at_start,
)
from consent_server.banner.schemas import BannerSettings, Google, GoogleRegion, Mode
from consent_server.policies.wording import BUILT_IN

_WAIT: Final = 500  # milliseconds, what banner/src/parts/google takes without a word
_RANDOM: Final = ("site", "sha256", "build")
_RIGHT_TO_LEFT: Final = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One language of one version of one site.

    notice: what the version shows in this language: purposes, services, texts. facts: what is
    neither wording nor settings (site, version, since, sha256, languages, days, visits, build).
    mode: how people are asked where the visitor is. signal: the browser sent one that counts here.
    again: what choices under earlier versions do not cover; coming: the announced version
    (banner.changing).
    """

    notice: dict[str, Any]
    language: str
    settings: BannerSettings
    facts: dict[str, Any]
    policy_url: str
    mode: Mode
    signal: bool
    again: list[dict[str, Any]] = field(default_factory=list)
    coming: dict[str, Any] | None = None

    def joined(self) -> list[str]:
        """Returns the names of the parts that come with the script."""
        cleans_up = any("names" in service for service in self.notice["services"])
        return [*self._changing(), *joined_at_start(self.settings, cleans_up=cleans_up)]

    def at_start(self, joined: Iterable[str]) -> dict[str, Any]:
        """Returns the configuration of the script that comes with these parts."""
        joined = list(joined)
        fields = ["key", "purpose"]
        fields += ["names"] if {"cleanup", "blocking"} & set(joined) else []
        fields += ["hosts"] if "blocking" in joined else []
        config = self._common() | {"services": self._services(fields)}
        texts = self._texts(CORE_TEXTS) | self._texts_of_the_mode()
        if self.signal and "gpc" in config:
            config |= {"signal": True}
            texts |= self._texts(["gpc"])
        for part in joined:
            more = self.for_part(part)
            texts |= more.pop("texts", {})
            config |= more
        return _random_last(config | {"texts": texts})

    def for_part(self, part: str) -> dict[str, Any]:
        """Returns what a part adds to the configuration; {} for one that shows nothing."""
        if part == CHANGES:
            return self._changes()
        if not TEXTS.get(part):
            return {}
        more = {
            "lang": self.language,
            "services": self.notice["services"],
            "texts": self._texts(TEXTS[part]),
        }
        if part == "preferences":
            more |= {"labels": self._labels(), "policy_url": self.policy_url}
        return more

    def everything(self) -> dict[str, Any]:
        """Returns the configuration with all that any part shows, for a change of language."""
        return self.at_start([*self._changing(), *sorted(FETCHED)])

    def _changing(self) -> list[str]:
        """First, as it says what was decided before anything else asks."""
        return [CHANGES] if self.again or self.coming else []

    def _changes(self) -> dict[str, Any]:
        again = {"again": self.again} if self.again else {}
        coming = {}
        if self.coming:
            text = self._texts(["coming"])["coming"].replace("{date}", self.coming["date"])
            coming = {"coming": {**self.coming, "text": text}}
        return {**again, **coming, "texts": self._texts(CHANGES_TEXTS)}

    def _common(self) -> dict[str, Any]:
        purposes = [purpose["key"] for purpose in self.notice["purposes"]]
        refused = [key for key in self.settings.gpc if key in purposes]
        is_rtl = self.language.split("-")[0] in _RIGHT_TO_LEFT
        return {
            **self.facts,
            "lang": self.language,
            **({"dir": "rtl"} if is_rtl else {}),
            "purposes": purposes,
            **({"gpc": refused} if refused else {}),
            **({"open": True} if self.mode != "opt_in" else {}),
            **({"silent": True} if self.mode == "off" else {}),
            **({"reload": True} if self.settings.reload else {}),
            **({"css": css} if (css := styles_of(self.settings.look)) else {}),
            **({"google": _google(self.settings.google)} if self.settings.google else {}),
        }

    def _services(self, fields: list[str]) -> list[dict[str, Any]]:
        return [
            {field: service[field] for field in fields if field in service}
            for service in self.notice["services"]
        ]

    def _texts_of_the_mode(self) -> dict[str, str]:
        key = {"opt_out": "body_opt_out", "notice": "body_notice"}.get(self.mode, "body")
        return {"body": self._texts([key])[key]}

    def _labels(self) -> dict[str, dict[str, str]]:
        return {
            purpose["key"]: {"name": purpose["name"], "text": purpose["text"]}
            for purpose in self.notice["purposes"]
        }

    def _texts(self, keys: Iterable[str]) -> dict[str, str]:
        """A version from before a text was thought of falls back to the built-in wording."""
        own = self.notice["texts"]
        built_in = BUILT_IN.get(self.language, BUILT_IN["en"])["texts"]
        return {key: own.get(key) or built_in[key] for key in keys}


def _random_last(config: dict[str, Any]) -> dict[str, Any]:
    """Brotli makes of words some thirty bytes less where nothing random stands between them."""
    return config | {name: config.pop(name) for name in _RANDOM if name in config}


def _google(google: Google) -> dict[str, Any]:
    """Returns the settings in Google's own words; what goes without saying is left out."""
    switches = ("ads_data_redaction", "url_passthrough")
    switched_on = {name: True for name in switches if getattr(google, name)}
    regions = [_region(google, region) for region in google.regions]
    return {
        "signals": google.signals,
        **({"wait": google.wait_milliseconds} if google.wait_milliseconds != _WAIT else {}),
        **({"set": switched_on} if switched_on else {}),
        **({"regions": regions} if regions else {}),
    }


def _region(google: Google, region: GoogleRegion) -> dict[str, Any]:
    optional = [signal for signal, purpose in google.signals.items() if purpose != "necessary"]
    answers = {signal: "granted" if signal in region.granted else "denied" for signal in optional}
    return answers | {"region": region.regions}
