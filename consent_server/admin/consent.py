"""One consent record: decisions, the banner as it stood there, the receipt, what came before.

It brings together what a pseudonymous visitor decided, so each look stands in the access log, with
the number of records and without their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from consent_server.admin.guard import check_site, granted_sites, operator_name, operator_page
from consent_server.admin.stage import staged
from consent_server.audit.services import Act, record_act
from consent_server.banner.as_shown import Frozen
from consent_server.banner.history import BannerOfThen, banner_at
from consent_server.banner.schemas import decoder
from consent_server.consents.receipts import is_genuine, receipt
from consent_server.consents.search import MOST_OF_VISITOR, consents_of_visitor
from consent_server.consents.services import ConsentRow, find_consent
from consent_server.consents.story import is_as_written, steps
from consent_server.errors import NotFound
from consent_server.policies.services import find_version
from consent_server.signing import Signatures
from consent_server.web.headers import WORKSHOP_POLICY

if TYPE_CHECKING:
    from consent_server.sites.models import Site

_RECEIPT_CHARACTERS: Final = 20_000  # ours have about 1,000


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a receipt that somebody handed in is: `genuine`, of `another` record, or `forged`."""

    text: str
    verdict: str


def add_pages(routes: Blueprint, signatures: Signatures) -> None:
    """Adds the pages."""

    @routes.get("/consents/<uuid:consent_id>")
    @operator_page("records.read", of_granted_sites=True)
    def show_consent_record(consent_id: UUID) -> ResponseReturnValue:
        return _page(_known(consent_id), signatures)

    @routes.post("/consents/<uuid:consent_id>")
    @operator_page("records.read", of_granted_sites=True)
    def check_receipt(consent_id: UUID) -> ResponseReturnValue:
        record = _known(consent_id)
        text = request.form.get("receipt", "")[:_RECEIPT_CHARACTERS]
        verdict = _verdict(text, _receipt(record, signatures), signatures)
        return _page(record, signatures, _Checked(text, verdict))

    @routes.get("/consents/<uuid:consent_id>/receipt.json")
    @operator_page("records.read", of_granted_sites=True)
    def download_consent_receipt(consent_id: UUID) -> Response:
        record = _known(consent_id)
        _write_down(record, 1)
        response = Response(_text(_receipt(record, signatures)), mimetype="application/json")
        name = f"consent-{record.consent_id}.json"
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response

    @routes.get("/consents/<uuid:consent_id>/banner.html")
    @operator_page("records.read", of_granted_sites=True)
    def show_frozen_banner(consent_id: UUID) -> Response:
        record = _known(consent_id)
        then = banner_at(record.site_id, record.recorded_at)
        if then.script is None:
            abort(404)
        settings = decoder.decode(then.settings)
        frozen = Frozen(
            script=then.script,
            notice=_notice(record),
            language=record.language,
            version=record.policy_version,
            sha256=record.text_sha256,
            settings=settings,
            mode=settings.modes.mode_in(""),
        )
        return staged("admin/frozen.html", language=record.language, code=frozen.code())


def _page(record: ConsentRow, signatures: Signatures, checked: _Checked | None = None) -> Response:
    history = consents_of_visitor(record.site_id, record.visitor_id)
    _write_down(record, len(history))
    notice, ours = _notice(record), _receipt(record, signatures)
    page = render_template(
        "admin/consent.html",
        record=record,
        site=_site_of(record),
        names=_names(notice),
        texts=notice["texts"],
        then=_then(record),
        receipt=_text(ours),
        is_sealed=is_genuine(ours, signatures),
        is_as_written=is_as_written(record),
        steps=steps(history, has_older=len(history) == MOST_OF_VISITOR),
        checked=checked,
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = WORKSHOP_POLICY
    return response


def _known(consent_id: UUID) -> ConsentRow:
    try:
        record = find_consent(consent_id)
    except NotFound:
        abort(404)
    check_site(record.site_id)
    return record


def _then(record: ConsentRow) -> BannerOfThen:
    return banner_at(record.site_id, record.recorded_at)


def _site_of(record: ConsentRow) -> Site:
    return next(site for site in granted_sites() if site.id == record.site_id)


def _notice(record: ConsentRow) -> dict[str, Any]:
    """Returns everything that the visitor's text said."""
    version = find_version(record.site_id, record.policy_version)
    [text] = [text for text in version.texts if text.language == record.language]
    notice: dict[str, Any] = msgspec.json.decode(text.canonical)
    return notice


def _names(notice: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Returns what purposes and services were called in that text."""
    return {
        group: {entry["key"]: entry["name"] for entry in notice[group]}
        for group in ("purposes", "services")
    }


def _receipt(record: ConsentRow, signatures: Signatures) -> dict[str, Any]:
    site = _site_of(record)
    return receipt(msgspec.structs.asdict(record), site.controller, site.contact, signatures)


def _text(document: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(document)).decode()


def _verdict(text: str, ours: dict[str, Any], signatures: Signatures) -> str:
    """Returns what a text is that is said to be the receipt of a record."""
    try:
        document = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError:
        return "forged"
    is_text = str(document.get("signature")).isascii()
    if not is_text or not is_genuine(document, signatures):
        return "forged"
    return "genuine" if document["record_id"] == ours["record_id"] else "another"


def _write_down(record: ConsentRow, count: int) -> None:
    record_act(
        Act(
            operator=operator_name(),
            act="consents.view",
            site_id=record.site_id,
            record_count=count,
        )
    )
