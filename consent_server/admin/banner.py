"""The banner of a site in the console: its settings to read, its script to freeze."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from consent_server.admin.choices import known_site
from consent_server.admin.guard import operator_name, operator_page
from consent_server.audit.services import Act, record_act
from consent_server.banner.document import BannerDocuments
from consent_server.banner.services import pin_script, pinned_scripts, pinned_tag
from consent_server.config import Settings
from consent_server.sites.directory import entry_of

if TYPE_CHECKING:
    from consent_server.banner.models import PinnedScript
    from consent_server.sites.models import Site


@dataclass(frozen=True, slots=True)
class ShownBanner:
    """settings: as `consent-server banner show` prints them. pinned: frozen scripts and tags."""

    settings: str
    languages: list[str]
    pinned: list[tuple[PinnedScript, str]]


def shown_banner(site: Site, settings: Settings, documents: BannerDocuments) -> ShownBanner:
    """Returns what the page of a site tells about its banner."""
    entry = entry_of(site)
    return ShownBanner(
        settings=msgspec.json.format(msgspec.json.encode(documents.settings(entry))).decode(),
        languages=documents.languages(entry),
        pinned=[
            (pinned, pinned_tag(settings.public_url, site.key, pinned))
            for pinned in pinned_scripts(site.id)
        ],
    )


def add_pages(routes: Blueprint, documents: BannerDocuments) -> None:
    """Adds what the page of a site can do with its banner."""

    @routes.post("/sites/<key>/pinned")
    @operator_page("notices.change")
    def pin_banner(key: str) -> ResponseReturnValue:
        site = known_site(key)
        whole = documents.whole(entry_of(site), request.form.get("language", ""))
        pinned = pin_script(site.id, whole)
        act = Act(operator=operator_name(), act="site.pin", site_id=site.id, reference=pinned.name)
        record_act(act)
        return redirect(url_for("admin.show_site", key=key, _anchor="frozen"))
