"""Consent records: search and filter, page by page in both directions, go to a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, get_args

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from consent_server.admin.choices import Choices, end_of_day, read_choices
from consent_server.admin.guard import granted_sites, operator_page
from consent_server.admin.language import address_with
from consent_server.config import Settings
from consent_server.consents.schemas import Action
from consent_server.consents.search import IdRange, consents_with_id, id_range
from consent_server.consents.services import ConsentFilter, ConsentRow
from consent_server.policies.directory import PolicyDirectory
from consent_server.statistics.spans import about_how_many, number_at, page_of_consents

ACTIONS: Final[tuple[str, ...]] = get_args(Action)
_EXPORTED: Final = ("site", "since", "until", "action", "version", "language")
_MOST_VERSIONS: Final = 200  # in the list; the address may name others


@dataclass(frozen=True, slots=True)
class _Found:
    """What a page shows. about: how many fit, None where nobody asks."""

    rows: list[ConsentRow]
    page: Any = None
    about: int | None = None


def add_pages(routes: Blueprint, settings: Settings, policies: PolicyDirectory) -> None:
    """Adds the pages."""

    @routes.get("/consents")
    @operator_page("records.read", of_granted_sites=True)
    def list_consent_records() -> ResponseReturnValue:
        choices = read_choices(request.args, settings.zone)
        if (instant := end_of_day(request.args, "at", settings.zone)) is not None:
            return redirect(address_with(at=None, after=None, before=number_at(instant)))
        versions, languages = _shown_by(policies, choices)
        chosen = ConsentFilter(
            site_id=choices.site_id,
            since=choices.since,
            until=choices.until,
            action=choices.one_of("action", ACTIONS),
            policy_version=choices.number("version"),
            language=choices.one_of("language", languages),
        )
        ids = _ids(choices)
        found = _of_page(chosen, choices) if ids is None else _Found(consents_with_id(ids, chosen))
        return render_template(
            "admin/consents.html",
            choices=choices,
            rows=found.rows,
            page=found.page,
            about=found.about,
            actions=ACTIONS,
            versions=versions,
            languages=languages,
            names={site.id: site.name for site in granted_sites()},
            exported={name: request.args[name] for name in _EXPORTED if request.args.get(name)},
        )


def _of_page(chosen: ConsentFilter, choices: Choices) -> _Found:
    page, rows = page_of_consents(chosen, below=choices.before_id, above=choices.after_id)
    if choices.after_id is not None and page.newer is None:
        page, rows = page_of_consents(chosen)  # whoever leafs to the newest sees a whole page
    is_all = page.older is None and page.newer is None
    return _Found(rows, page, len(rows) if is_all else about_how_many(chosen))


def _ids(choices: Choices) -> IdRange | None:
    """Returns the ids that are looked for; None when none are."""
    text = choices.values.get("id", "").strip()
    if not text:
        return None
    ids = id_range(text)
    if ids is None:
        choices.errors["id"] = _("Write at least the first 8 characters of the id: 0-9 and a-f.")
    return ids


def _shown_by(
    policies: PolicyDirectory, choices: Choices
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns which versions and languages the chosen sites have shown, the newest first."""
    versions, languages = set[int](), set[str]()
    for site in choices.sites:
        if choices.site_id in (None, site.id):
            for version in policies.shown_by(site.id):
                versions.add(version.number)
                languages.update(version.texts)
    newest = sorted(versions, reverse=True)[:_MOST_VERSIONS]
    return tuple(map(str, newest)), tuple(sorted(languages))
