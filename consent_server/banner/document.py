"""Builds the scripts of a site out of the built code and what the site shows.

Bytes are kept in memory per site, version and language, compressed once; a warm request needs no
SQL. The configuration holds no secret and nothing about the visitor.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from consent_server import clock
from consent_server.banner.changing import again_in, coming_in
from consent_server.banner.parts import FETCHED, Script, read_script
from consent_server.banner.schemas import BannerSettings, Mode, decoder
from consent_server.banner.services import find_pinned
from consent_server.banner.shown import Shown
from consent_server.config import Settings
from consent_server.errors import NotFound
from consent_server.policies.directory import PolicyDirectory, Present
from consent_server.sites.directory import SiteEntry
from consent_server.web.conditional import Document

_KEPT_DOCUMENTS = 512  # about 60 kB each in three encodings


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request adds to the site.

    mode: of the visitor's region. signal: the browser sent a signal that the site heeds.
    """

    language: str
    mode: Mode = "opt_in"
    signal: bool = False


@dataclass(frozen=True, slots=True)
class WholeScript:
    """A script that fetches nothing later: every part is in it, and it speaks one language."""

    code: bytes
    language: str
    policy_version: int


class BannerDocuments:
    """The scripts of all sites, made when first asked for.

    static_folder: where the built `embed.js` and `parts/` lie. built: hears how many are kept
    whenever one was made.
    """

    def __init__(
        self,
        static_folder: Path,
        settings: Settings,
        policies: PolicyDirectory,
        built: Callable[[int], None],
    ) -> None:
        self._heard = built
        self._built = read_script(static_folder)
        self._settings = settings
        self._policies = policies
        self._zone = ZoneInfo(settings.zone)
        self._documents: OrderedDict[tuple[object, ...], Document] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def code(self) -> Script:
        """The built code, the same for all sites."""
        return self._built

    def script(self, site: SiteEntry, ask: Ask) -> Document:
        """Returns the script of a site in one of its languages."""
        return self._kept("", site, ask, self._script)

    def part(self, name: str, site: SiteEntry, ask: Ask) -> Document:
        """Returns a part by itself, with what it shows. Raises NotFound.

        "texts" is the configuration alone, for a page whose language differs from the script's.
        """
        if name == "texts":
            return self._kept(name, site, ask, lambda shown: _join("null", shown.everything()))
        if name not in FETCHED:
            raise NotFound("The banner has no such part.")
        return self._kept(name, site, ask, lambda shown: self._part(name, shown))

    def whole(self, site: SiteEntry, language: str) -> WholeScript:
        """Returns all of a site's banner in one script, the same for everyone.

        Asks as the strictest of the site's modes does. Raises NotFound for an unknown language.
        """
        present = self._policies.present(site.id, is_fresh=True)
        version = present.version
        if language not in version.texts:
            raise NotFound("The notice is not published in this language.")
        strictest = self.settings(site).modes.mode_in("")
        # what comes is left out: these bytes are still run when it has come
        shown = self._shown(site, Present(version, None), Ask(language, strictest))
        return WholeScript(self._alone(shown), language, version.number)

    def trial(self, site: SiteEntry, settings: BannerSettings, ask: Ask) -> str:
        """Returns all of a site's banner in one script, as it would be with other settings.

        For a preview: nothing of it is kept, and it reports no visit. Raises NotFound for an
        unknown language.
        """
        version = self._policies.in_force(site.id)
        if ask.language not in version.texts:
            raise NotFound("The notice is not published in this language.")
        silent = replace(site, visit_basis="off")
        shown = self._shown(silent, Present(version, None), ask, settings)
        return self._alone(shown).decode()

    def pinned(self, site: SiteEntry, name: str) -> Document:
        """Returns a script as it was frozen. Raises NotFound."""
        key = ("pinned", site.id, name)
        return self._remembered(key, lambda: _javascript(find_pinned(site.id, name).script))

    def languages(self, site: SiteEntry) -> list[str]:
        """Returns the languages of the version in force, the site's own first."""
        known = self._policies.in_force(site.id).texts
        return sorted(known, key=lambda language: (language != site.language, language))

    def present(self, site: SiteEntry) -> Present:
        """Returns what a site shows now. Raises SiteUnknown when there is nothing yet."""
        return self._policies.present(site.id)

    def settings(self, site: SiteEntry) -> BannerSettings:
        """Returns the settings of a site's banner."""
        return _settings(site.banner_settings)

    def build(self, site: SiteEntry) -> str:
        """Returns what names the present code and settings of a site's banner, 10 hex digits."""
        return self._build(site, self._policies.present(site.id))

    def _script(self, shown: Shown) -> Document:
        return _javascript(composed(self._built, shown, shown.joined()))

    def _alone(self, shown: Shown) -> bytes:
        """A script that fetches nothing later: all parts, one language."""
        shown.facts["languages"] = [shown.language]
        joined = shown.joined()
        every = [*joined, *sorted(FETCHED.difference(joined))]
        return composed(self._built, shown, every)

    def _part(self, name: str, shown: Shown) -> Document:
        return _join(f"function(require){{{self._built.parts[name]}}}", shown.for_part(name))

    def _kept(
        self, kind: str, site: SiteEntry, ask: Ask, make: Callable[[Shown], Document]
    ) -> Document:
        present = self._policies.present(site.id)
        key = (kind, site, present.numbers, ask)
        return self._remembered(key, lambda: make(self._shown(site, present, ask)))

    def _remembered(self, key: tuple[object, ...], make: Callable[[], Document]) -> Document:
        document = self._documents.get(key)
        if document is None:
            document = make()
            with self._lock:
                self._documents[key] = document
                while len(self._documents) > _KEPT_DOCUMENTS:
                    self._documents.popitem(last=False)
            self._heard(len(self._documents))
        return document

    def _shown(
        self,
        site: SiteEntry,
        present: Present,
        ask: Ask,
        settings: BannerSettings | None = None,
    ) -> Shown:
        version, language = present.version, ask.language
        policy_url = f"{self._settings.public_url}/policies/{site.key}"
        return Shown(
            notice=msgspec.json.decode(version.texts[language]),
            language=language,
            settings=settings or self.settings(site),
            facts={
                "site": site.key,
                "version": version.number,
                **({"since": version.since} if version.since != version.number else {}),
                "sha256": version.hashes[language],
                "languages": sorted(version.texts, key=lambda tag: (-len(tag), tag)),
                "days": self._settings.choice_days,
                **_visits(site),
                "build": self._build(site, present),
            },
            again=again_in(version, language, self._oldest_choice()),
            coming=coming_in(present.coming, language, policy_url, self._zone),
            mode=ask.mode,
            signal=ask.signal,
            policy_url=f"{policy_url}?lang={language}",
        )

    def _oldest_choice(self) -> datetime:
        return clock.now() - timedelta(days=self._settings.choice_days)

    def _build(self, site: SiteEntry, present: Present) -> str:
        coming = f" {present.coming.number}" if present.coming else ""
        known = f"{self._built.build} {present.version.number}{coming} {site.banner_settings}"
        return hashlib.sha256(known.encode()).hexdigest()[:10]


@lru_cache(maxsize=256)
def _settings(source: str) -> BannerSettings:
    return decoder.decode(source)


def _visits(site: SiteEntry) -> dict[str, Any]:
    """Tells the script to report page views: all, or those of whom granted a purpose."""
    if not site.logs_visits:
        return {}
    return {"visits": site.visit_purpose if site.visit_basis == "consent" else True}


def _join(install: str, more: dict[str, Any]) -> Document:
    return _javascript(f"ConsentBanner.join({install},{for_script(more)});\n".encode())


def _javascript(code: bytes) -> Document:
    return Document.of(code, "text/javascript")


def composed(built: Script, shown: Shown, joined: list[str]) -> bytes:
    """Returns the code of a release with what it shows and the parts that come with it."""
    parts = ",".join(f"function(require){{{built.parts[part]}}}" for part in joined)
    code = (
        f"(function(__CONSENT_CONFIG__,__CONSENT_PARTS__){{{built.core}}})"
        f"({for_script(shown.at_start(joined))},[{parts}]);\n"
    )
    return code.encode()


def for_script(config: dict[str, Any]) -> str:
    """Returns JSON that is also safe as JavaScript inside any page or file."""
    text = msgspec.json.encode(config).decode()
    for sign, escaped in (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(sign, escaped)
    return text
