"""Builds the embed script of a site out of the built code and what the site shows.

Bytes are kept in memory per site, version and language, compressed once; a warm request needs no
SQL. The configuration holds no secret and nothing about the visitor.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from consent_server.config import Settings
from consent_server.errors import ConfigError
from consent_server.policies.directory import PolicyDirectory, VersionEntry
from consent_server.sites.directory import SiteEntry
from consent_server.web.conditional import Document

_KEPT_DOCUMENTS = 512  # about 60 kB each in three encodings


class BannerDocuments:
    """The embed scripts of all sites, made when first asked for.

    static_folder: where the built `embed.js` lies.
    """

    def __init__(self, static_folder: Path, settings: Settings, policies: PolicyDirectory) -> None:
        built = static_folder / "embed.js"
        if not built.exists():
            raise ConfigError(f"{built} is missing; run `make banner`.")
        self._code = built.read_text("utf-8").strip()
        self._settings = settings
        self._policies = policies
        self._documents: OrderedDict[tuple[object, ...], Document] = OrderedDict()
        self._lock = threading.Lock()

    def script(self, site: SiteEntry, language: str) -> Document:
        """Returns the script of a site in one of its languages."""
        return self._kept(self._script, site, language)

    def texts(self, site: SiteEntry, language: str) -> Document:
        """Returns only the configuration, for a page whose language differs from the script's."""
        return self._kept(self._texts, site, language)

    def languages(self, site: SiteEntry) -> list[str]:
        """Returns the languages of the version in force, the site's own first."""
        known = self._policies.in_force(site.id).texts
        return sorted(known, key=lambda language: (language != site.language, language))

    def _script(self, site: SiteEntry, version: VersionEntry, language: str) -> Document:
        config = _for_script(self._config(site, version, language))
        code = f"(function(__CONSENT_CONFIG__){{{self._code}\n}})({config});\n"
        return Document.of(code.encode(), "text/javascript")

    def _texts(self, site: SiteEntry, version: VersionEntry, language: str) -> Document:
        body = msgspec.json.encode(self._config(site, version, language))
        return Document.of(body, "application/json")

    def _config(self, site: SiteEntry, version: VersionEntry, language: str) -> dict[str, Any]:
        policy_url = f"{self._settings.public_url}/policies/{site.key}?lang={language}"
        return {
            "site": site.key,
            "version": version.number,
            "sha256": version.hashes[language],
            "lang": language,
            "languages": sorted(version.texts),
            "days": self._settings.choice_days,
            "visits": site.logs_visits,
            **msgspec.json.decode(version.texts[language]),
            "policy_url": policy_url,
        }

    def _kept(
        self,
        make: Callable[[SiteEntry, VersionEntry, str], Document],
        site: SiteEntry,
        language: str,
    ) -> Document:
        version = self._policies.in_force(site.id)
        key = (make.__name__, site, version.number, language)
        document = self._documents.get(key)
        if document is None:
            document = make(site, version, language)
            with self._lock:
                self._documents[key] = document
                while len(self._documents) > _KEPT_DOCUMENTS:
                    self._documents.popitem(last=False)
        return document


def _for_script(config: dict[str, Any]) -> str:
    """Returns JSON that is also safe as JavaScript inside any page or file."""
    text = msgspec.json.encode(config).decode()
    for sign, escaped in (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(sign, escaped)
    return text
