"""The access log, as officers, auditors and owners read it: newest first, filtered, never changed.

Whoever takes a copy of it says why; that stands in the log as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from consent_server import clock
from consent_server.admin.choices import (
    PAGE_ROWS,
    REASON_CHARACTERS,
    Choices,
    read_choices,
    read_line,
)
from consent_server.admin.guard import operator_name, operator_page
from consent_server.admin.words.access_log import act_name
from consent_server.audit.files import BOM, csv_blocks
from consent_server.audit.rules import ACTS, GROUPS, Group
from consent_server.audit.services import (
    Act,
    LogFilter,
    log_entries,
    operators_in_log,
    recent_acts,
    record_act,
)
from consent_server.config import Settings
from consent_server.sites.services import all_sites

_WORD_CHARACTERS: Final = 320  # of an account name
_FILTERS: Final = ("operator", "group", "site", "since", "until", "source")


def add_pages(routes: Blueprint, settings: Settings) -> None:
    """Adds the page and the file."""

    @routes.get("/access-log")
    @operator_page("log.read")
    def access_log() -> str:
        return _page(read_choices(request.args, settings.zone, "log.read"))

    @routes.post("/access-log")
    @operator_page("log.read")
    def export_log() -> ResponseReturnValue:
        choices = read_choices(request.form, settings.zone, "log.read")
        reason = read_line(request.form.get("reason", ""))[:REASON_CHARACTERS]
        if not reason:
            choices.errors["reason"] = _("Say why; it stands in the access log.")
        if choices.errors:
            return _page(choices), 400
        chosen, sites = _filter(choices), {site.id: site.key for site in all_sites()}
        record_act(
            Act(operator=operator_name(), act="log.export", site_id=choices.site_id, reason=reason)
        )
        words = {act: act_name(act) for acts in ACTS.values() for act in acts}
        blocks = csv_blocks(log_entries(chosen), sites, lambda act: words.get(act, act))
        body = stream_with_context(_with_mark(blocks))
        response = Response(body, content_type="text/csv; charset=utf-8")
        name = f"access-log-{clock.now():%Y%m%dT%H%M%SZ}.csv"
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response


def _with_mark(blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield BOM
    yield from blocks


def _page(choices: Choices) -> str:
    acts = recent_acts(_filter(choices), before_id=choices.before_id, limit=PAGE_ROWS + 1)
    return render_template(
        "admin/access_log.html",
        choices=choices,
        acts=acts[:PAGE_ROWS],
        has_older=len(acts) > PAGE_ROWS,
        names={site.id: site.name for site in all_sites()},
        operators=operators_in_log(),
        kinds=GROUPS,
        is_filtered=any(choices.values.get(name) for name in _FILTERS),
    )


def _filter(choices: Choices) -> LogFilter:
    group: Group | None = next((g for g in GROUPS if g == choices.values.get("group")), None)
    return LogFilter(
        operator=_word(choices, "operator"),
        group=group,
        site_id=choices.site_id,
        since=choices.since,
        until=choices.until,
        source=_word(choices, "source"),
    )


def _word(choices: Choices, name: str) -> str | None:
    return read_line(choices.values.get(name, ""))[:_WORD_CHARACTERS] or None
