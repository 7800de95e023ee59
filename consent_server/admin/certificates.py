"""The ledger of destruction: read by everybody, printed one by one, confirmed by owners."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consent_server.admin.choices import PAGE_ROWS, read_row_number
from consent_server.admin.guard import operator_name, operator_page
from consent_server.audit.services import Act, record_act
from consent_server.certificates.files import whole_ledger_as_csv
from consent_server.certificates.rules import Certificate, faults_of
from consent_server.certificates.services import (
    confirm_certificate,
    confirmations_of,
    find_certificate,
    newest_certificates,
)
from consent_server.errors import NotFound
from consent_server.signing import CertificateKey
from consent_server.sites.services import all_sites

_BOM: Final = b"\xef\xbb\xbf"  # Korean Excel takes a file without it for another encoding


def add_pages(routes: Blueprint, key: CertificateKey) -> None:
    """Adds the pages. key: of this deployment, which signs confirmations."""

    @routes.get("/certificates")
    @operator_page("viewer")
    def list_certificates() -> str:
        before = read_row_number(request.args.get("before", ""))
        found = newest_certificates(before=before, limit=PAGE_ROWS + 1)
        shown = found[:PAGE_ROWS]
        return render_template(
            "admin/certificates.html",
            certificates=shown,
            confirmed=confirmations_of([each.number for each in shown]),
            has_older=len(found) > PAGE_ROWS,
        )

    @routes.get("/certificates/<int:number>")
    @operator_page("viewer")
    def show_certificate(number: int) -> str:
        certificate = _known(number)
        confirmed = confirmations_of([number])[number]
        return render_template(
            "admin/certificate.html",
            certificate=certificate,
            confirmed=confirmed,
            is_genuine=_is_genuine(certificate, key),
            is_ours_to_confirm=operator_name() not in {one.operator for one in confirmed},
            names={str(site.id): site.name for site in all_sites()},
        )

    @routes.post("/certificates/<int:number>")
    @operator_page("officer")
    def confirm(number: int) -> ResponseReturnValue:
        _known(number)
        confirm_certificate(number, operator_name(), key)
        record_act(
            Act(operator=operator_name(), act="certificate.confirm", reference=f"no. {number}")
        )
        return redirect(url_for("admin.show_certificate", number=number))

    @routes.get("/certificates.csv")
    @operator_page("viewer")
    def download_ledger() -> Response:
        body = _BOM + "".join(whole_ledger_as_csv()).encode()
        record_act(Act(operator=operator_name(), act="certificates.export"))
        response = Response(body, content_type="text/csv; charset=utf-8")
        response.headers.set("Content-Disposition", "attachment", filename="destruction-ledger.csv")
        return response


def _known(number: int) -> Certificate:
    if read_row_number(str(number)) is None:
        abort(404)
    try:
        return find_certificate(number)
    except NotFound:
        abort(404)


def _is_genuine(certificate: Certificate, key: CertificateKey) -> bool:
    """Whether this one is as it was issued; `certificates verify` looks at all of them."""
    before = (certificate.number - 1, certificate.previous)
    return not list(faults_of([certificate], own_key=key.public, after=before))
