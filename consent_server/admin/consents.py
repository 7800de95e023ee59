"""Consent records: filter, page, look at one."""

from __future__ import annotations

from typing import Any, Final, get_args
from uuid import UUID

import msgspec
from flask import Blueprint, abort, render_template, request

from consent_server.admin.choices import PAGE_ROWS, read_choices
from consent_server.admin.guard import (
    check_site,
    granted_sites,
    operator_name,
    operator_page,
)
from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.consents.schemas import Action
from consent_server.consents.services import ConsentFilter, ConsentRow, find_consent, list_consents
from consent_server.errors import NotFound
from consent_server.policies.services import find_version

ACTIONS: Final[tuple[str, ...]] = get_args(Action)


def add_pages(routes: Blueprint, settings: Settings) -> None:
    """Adds the pages."""

    @routes.get("/consents")
    @operator_page("records.read", of_granted_sites=True)
    def list_consent_records() -> str:
        choices = read_choices(request.args, settings.zone)
        chosen = ConsentFilter(
            site_id=choices.site_id,
            since=choices.since,
            until=choices.until,
            action=choices.one_of("action", ACTIONS),
        )
        rows = list_consents(chosen, before_id=choices.before_id, limit=PAGE_ROWS + 1)
        return render_template(
            "admin/consents.html",
            choices=choices,
            rows=rows[:PAGE_ROWS],
            has_older=len(rows) > PAGE_ROWS,
            actions=ACTIONS,
            names=_site_names(),
        )

    @routes.get("/consents/<uuid:consent_id>")
    @operator_page("records.read", of_granted_sites=True)
    def show_consent_record(consent_id: UUID) -> str:
        try:
            record = find_consent(consent_id)
        except NotFound:
            abort(404)
        check_site(record.site_id)
        site = next(site for site in granted_sites() if site.id == record.site_id)
        record_act(
            Act(
                operator=operator_name(),
                act="consents.view",
                site_id=site.id,
                record_count=1,
                reference=str(consent_id),
            )
        )
        return render_template(
            "admin/consent.html", record=record, site=site, names=_names_shown(record)
        )


def _site_names() -> dict[int, str]:
    return {site.id: site.name for site in granted_sites()}


def _names_shown(record: ConsentRow) -> dict[str, dict[str, str]]:
    """Returns what purposes and services were called in the text that the visitor saw."""
    version = find_version(record.site_id, record.policy_version)
    [text] = [text for text in version.texts if text.language == record.language]
    shown: dict[str, Any] = msgspec.json.decode(text.canonical)
    return {
        group: {entry["key"]: entry["name"] for entry in shown[group]}
        for group in ("purposes", "services")
    }
