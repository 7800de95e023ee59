"""Verbs about whole configurations: what a site has now, and what a file would change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from consent_server.banner.schemas import decoder
from consent_server.policies.drafts import draft_of, save_draft
from consent_server.policies.services import find_version, notice_of
from consent_server.setups.schemas import SiteFacts, SiteFile
from consent_server.sites.models import Site
from consent_server.sites.services import NewSite, change_site, keep_banner_settings


def configuration_of(site: Site, schema: str, *, of_draft: bool = False) -> SiteFile:
    """Returns what a site has: the notice in force, or the draft."""
    facts = SiteFacts(
        name=site.name,
        origins=tuple(origin.origin for origin in site.origins),
        controller=site.controller,
        contact=site.contact,
        language="en" if site.language == "en" else "ko",
        visit_basis=cast(Any, site.visit_basis),
        visit_purpose=site.visit_purpose,
        address_mode=cast(Any, site.address_mode),
        device_mode=cast(Any, site.device_mode),
    )
    notice = draft_of(site.id).notice if of_draft else notice_of(find_version(site.id))
    return SiteFile(facts, notice, decoder.decode(site.banner_settings), schema)


def file_differences(before: SiteFile, after: SiteFile) -> list[str]:
    """Returns one line per value that differs, by its place in the file."""
    old, new = dict(_values("", before)), dict(_values("", after))
    return [
        _line(place, old.get(place), new.get(place))
        for place in sorted(old.keys() | new.keys())
        if old.get(place) != new.get(place) and place != "$schema"
    ]


def take_over_draft(site: Site, wanted: SiteFile, editor: str) -> None:
    """Makes the notice of a file the draft of a site."""
    save_draft(site.id, wanted.notice, editor)


def apply(site: Site, wanted: SiteFile) -> None:
    """Gives a site the facts and the banner of a file; pages follow within minutes.

    Two transactions, each whole. Raises CommandError when an origin is none.
    """
    change_site(site, NewSite(**msgspec.structs.asdict(wanted.site)))
    keep_banner_settings(site.key, msgspec.json.encode(wanted.banner).decode())


def _values(place: str, value: Any) -> Iterator[tuple[str, str]]:
    value = msgspec.to_builtins(value)
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _values(f"{place}.{name}" if place else name, inner)
    elif isinstance(value, (list, tuple)) and any(isinstance(one, Mapping) for one in value):
        for at, inner in enumerate(value):
            name = inner.get("key", at) if isinstance(inner, Mapping) else at
            yield from _values(f"{place}[{name}]", inner)
    else:
        yield place, msgspec.json.encode(value).decode()


def _line(place: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"+ {place}: {after}"
    return f"- {place}: {before}" if after is None else f"~ {place}: {before} -> {after}"
