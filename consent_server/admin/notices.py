"""The notice of a site: its draft, announcing it for a day, every version with what it changed."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from consent_server import clock
from consent_server.admin.choices import known_site, read_line
from consent_server.admin.confirming import is_confirmed, not_confirmed
from consent_server.admin.findings import severity_name, shown_findings
from consent_server.admin.guard import operator_name, operator_page
from consent_server.admin.notice_form import ROWS, Raw, raw_of, read_notice_form, read_raw
from consent_server.admin.said import said
from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.errors import CommandError, NotFound
from consent_server.linting.rules import lint
from consent_server.linting.services import examined
from consent_server.policies.announcing import Announcement, announce, cancel
from consent_server.policies.differences import Difference, differences
from consent_server.policies.drafts import discard_draft, draft_of, save_draft
from consent_server.policies.material import Change, changes
from consent_server.policies.notice_period import NoticePeriod
from consent_server.policies.registry import ended_contracts
from consent_server.policies.rules import shown_in
from consent_server.policies.schemas import Notice
from consent_server.policies.services import (
    find_version,
    notice_of,
    publish,
    state_of,
    versions_of,
)
from consent_server.policies.wording import BUILT_IN

if TYPE_CHECKING:
    from consent_server.sites.models import Site

_EVERY_TEXT: Final = tuple(BUILT_IN["en"]["texts"])


def add_pages(routes: Blueprint, settings: Settings) -> None:
    """Adds the pages."""
    period = NoticePeriod.of(settings)

    @routes.get("/sites/<key>/notice")
    @operator_page("viewer")
    def show_notice(key: str) -> str:
        return _page(known_site(key), period)

    @routes.get("/sites/<key>/notice/draft")
    @operator_page("editor")
    def edit_draft(key: str) -> str:
        draft = draft_of(known_site(key).id)
        return _editor(known_site(key), raw_of(draft.notice), draft.edits)

    @routes.post("/sites/<key>/notice/draft")
    @operator_page("editor")
    def keep_draft(key: str) -> ResponseReturnValue:
        site, raw = known_site(key), read_raw(request.form.items())
        edits = _number(request.form.get("edits", ""))
        added = request.form.get("add", "")
        if added in ROWS:
            raw[added].append({})
            return _editor(site, raw, edits, added=added)
        try:
            save_draft(site.id, read_notice_form(raw), operator_name(), seen=edits)
        except CommandError as error:
            return _editor(site, raw, edits, problem=said(error)), 400
        _log(site, "policy.draft")
        return _back(key)

    @routes.post("/sites/<key>/notice/discard")
    @operator_page("editor")
    def drop_draft(key: str) -> ResponseReturnValue:
        site = known_site(key)
        if not is_confirmed(site.name):
            return _page(site, period, problem=not_confirmed(site.name)), 400
        discard_draft(site.id)
        _log(site, "policy.draft", reason="discarded")
        return _back(key)

    @routes.post("/sites/<key>/notice/announce")
    @operator_page("editor")
    def announce_draft(key: str) -> ResponseReturnValue:
        site, reason = known_site(key), read_line(request.form.get("reason", ""))
        try:
            day = Announcement(_day("effective"), _day("announced"), reason)
            version = announce(site.id, draft_of(site.id).notice, day, period)
        except CommandError as error:
            return _page(site, period, problem=said(error)), 400
        discard_draft(site.id)
        _log(site, "policy.announce", version.number, reason)
        return _back(key)

    @routes.post("/sites/<key>/notice/publish")
    @operator_page("editor")
    def publish_draft(key: str) -> ResponseReturnValue:
        site, urgent = known_site(key), read_line(request.form.get("urgent", ""))
        try:
            version = publish(site.id, draft_of(site.id).notice, urgent=urgent)
        except CommandError as error:
            return _page(site, period, problem=said(error)), 400
        discard_draft(site.id)
        _log(site, "policy.publish", version.number, urgent)
        return _back(key)

    @routes.post("/sites/<key>/notice/cancel")
    @operator_page("editor")
    def cancel_version(key: str) -> ResponseReturnValue:
        site, reason = known_site(key), read_line(request.form.get("reason", ""))
        if not is_confirmed(site.name):
            return _page(site, period, problem=not_confirmed(site.name)), 400
        try:
            version = cancel(site.id, reason)
        except CommandError as error:
            return _page(site, period, problem=said(error)), 400
        _log(site, "policy.cancel", version.number, reason)
        return _back(key)

    @routes.post("/sites/<key>/notice/rollback")
    @operator_page("editor")
    def roll_back(key: str) -> ResponseReturnValue:
        site, number = known_site(key), _number(request.form.get("version", ""))
        try:
            old = notice_of(find_version(site.id, number))
        except NotFound:
            return _page(site, period, problem=_("There is no such version.")), 404
        try:
            save_draft(site.id, old, operator_name(), seen=0)
        except CommandError:
            problem = _("There is a draft already: announce or discard it first.")
            return _page(site, period, problem=problem), 400
        _log(site, "policy.draft", number)
        return _back(key)


def ended_in(site: Site, settings: Settings) -> list[str]:
    """Returns the processors of the notice in force whose contract is over."""
    today = NoticePeriod.of(settings).day_of(clock.now())
    return [one.name for one in ended_contracts(notice_of(find_version(site.id)), today)]


def _page(site: Site, period: NoticePeriod, problem: str = "") -> str:
    in_force, versions = find_version(site.id), versions_of(site.id)
    states = {version.number: state_of(version, in_force.number) for version in versions}
    present, draft = notice_of(in_force), draft_of(site.id)
    today = period.day_of(clock.now())
    before = {one.number: old for one, old in pairwise(versions)}
    return render_template(
        "admin/notice.html",
        site=site,
        versions=versions,
        states=states,
        waiting=next((one for one in versions if states[one.number] == "announced"), None),
        draft=draft,
        draft_differences=None if draft.problem else _between(present, draft.notice),
        material=[_told(change) for change in changes(present, draft.notice)],
        changed={
            one.number: _between(notice_of(before[one.number]), notice_of(one))
            for one in versions
            if one.number in before
        },
        ended=[one.name for one in ended_contracts(present, today)],
        has_officer=present.officer is not None,
        today=today,
        earliest=period.earliest(today),
        days=period.days,
        problem=problem,
        findings=shown_findings(site, lint(examined(site, draft.notice))) if draft.edits else [],
        severity_name=severity_name,
    )


def _told(change: Change) -> str:
    """Says in the operator's language what is asked again."""
    facts = {
        "new": _("new"),
        "language": _("described in other languages only"),
        "purpose": _("serves another purpose"),
        "vendor": _("another provider"),
        "country": _("another country"),
        "names": _("more names of cookies or keys"),
        "stores": _("stores something else"),
        "keeps": _("another period"),
    }
    kind = _("Purpose") if change.kind == "purpose" else _("Service")
    return f"{kind} {change.key}: {', '.join(facts[fact] for fact in change.facts)}"


def _between(before: Notice, after: Notice) -> list[Difference] | None:
    """In the first language that both have; None when there is none, or one cannot be shown."""
    language = next((one for one in after.languages if one in before.languages), None)
    if language is None:
        return None
    try:
        return differences(shown_in(before, language), shown_in(after, language))
    except CommandError:
        return None  # a text that came later is missing in a language of the site's own


def _editor(site: Site, raw: Raw, edits: int, *, problem: str = "", added: str = "") -> str:
    languages = raw.get("languages") or ["ko", "en"]
    return render_template(
        "admin/notice_draft.html",
        site=site,
        raw=raw,
        edits=edits,
        problem=problem,
        added=added,
        languages=languages,
        every_text=_EVERY_TEXT,
        built_in={one: BUILT_IN.get(one, {}).get("texts", {}) for one in languages},
    )


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        raise CommandError(_("Write the day as 2026-01-31.")) from None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _back(key: str) -> ResponseReturnValue:
    return redirect(url_for("admin.show_notice", key=key))


def _log(site: Site, act: str, number: int = 0, reason: str = "") -> None:
    record_act(
        Act(
            operator=operator_name(),
            act=act,
            site_id=site.id,
            reason=reason,
            reference=str(number or ""),
        )
    )
