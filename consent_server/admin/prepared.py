"""Exports in the background: how far they are, and the link to the finished file.

The link is signed and ends with the file. It opens nothing by itself: whoever follows it is signed
in, proved who he is a moment ago and may export from that site; each time stands in the log. A
download that was broken off goes on where it stopped (RFC 9110 §14).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response
from werkzeug.wsgi import FileWrapper

from consent_server import clock
from consent_server.admin.guard import (
    granted_sites,
    may,
    may_everywhere,
    operator_name,
    operator_page,
)
from consent_server.admin.said import said
from consent_server.errors import CommandError, KeyDestroyed, TokenRefused
from consent_server.reports.exports import media_type
from consent_server.reports.jobs import (
    cancel,
    count_download,
    failure_of,
    find_job,
    is_file_there,
    jobs_of,
    order_of,
)
from consent_server.reports.ledger import find_copy
from consent_server.reports.sealed import PIECE_BYTES, SealedFiles
from consent_server.signing import Signatures
from consent_server.sites.services import all_sites

_HANDLE = "personal.handle"


def add_pages(routes: Blueprint, signatures: Signatures, files: SealedFiles) -> None:
    """Adds the pages."""

    @routes.get("/exports/prepared")
    @operator_page(_HANDLE, of_granted_sites=True)
    def list_prepared_exports() -> str:
        return render_template("admin/prepared.html", jobs=_jobs(), names=_names())

    @routes.get("/exports/prepared/<reference>")
    @operator_page(_HANDLE, of_granted_sites=True)
    def show_prepared_export(reference: str) -> str:
        job = _known(reference)
        link = signatures.export_link(reference, job.expires_at) if is_file_there(job) else None
        return render_template(
            "admin/prepared_export.html",
            job=job,
            problem=problem_in_words(job),
            order=order_of(job),
            link=link,
            names=_names(),
        )

    @routes.post("/exports/prepared/<reference>/cancel")
    @operator_page(_HANDLE, of_granted_sites=True)
    def cancel_prepared_export(reference: str) -> ResponseReturnValue:
        _check_right(_known(reference))
        cancel(reference, operator_name())
        return redirect(url_for("admin.show_prepared_export", reference=reference))

    @routes.get("/exports/files/<link>")
    @operator_page(_HANDLE, of_granted_sites=True)
    def fetch_exported_file(link: str) -> ResponseReturnValue:
        try:
            job = find_job(signatures.export_of_link(link, clock.now()))
        except (TokenRefused, CommandError):
            abort(404)
        _check_right(job)
        if not is_file_there(job):
            abort(404)
        return _file(job, files)


def problem_in_words(job: Any) -> str:
    """Returns why the last attempt at an export failed; "" if it did not."""
    failure = failure_of(job)
    return said(failure) if failure else ""


def _file(job: Any, files: SealedFiles) -> Response:
    """Answers with the file, or the part of it that was asked for."""
    try:
        opened = files.open(job.reference, job.byte_count)
        opened.read(1)  # before the answer begins: its key may just have been destroyed
        opened.seek(0)
    except (OSError, KeyDestroyed):
        abort(404)
    response = Response(
        FileWrapper(opened, PIECE_BYTES),  # type: ignore[arg-type]  # reads and seeks, as it asks
        content_type=media_type(order_of(job).export),
        direct_passthrough=True,
    )
    response.headers.set("Content-Disposition", "attachment", filename=job.file_name)
    response.set_etag(str(find_copy(job.reference).sha256))
    response.content_length = job.byte_count
    response.make_conditional(request.environ, accept_ranges=True, complete_length=job.byte_count)
    count_download(job.reference, operator_name())
    return response


def _known(reference: str) -> Any:
    """Returns the job that an address names, or answers with 404: also where it is not his."""
    try:
        job = find_job(reference) if reference.isascii() and "\0" not in reference else None
    except CommandError:
        job = None
    if job is None or not _may_see(job):
        abort(404)
    return job


def _may_see(job: Any) -> bool:
    rights = (_HANDLE, "everything.read")
    if job.site_id is None:
        return any(may_everywhere(right) for right in rights)
    return any(may(right, job.site_id) for right in rights)


def _check_right(job: Any) -> None:
    """Answers with 403 to who may look on and not export: an auditor."""
    if not (may_everywhere(_HANDLE) if job.site_id is None else may(_HANDLE, job.site_id)):
        abort(403)


def _jobs() -> Sequence[Any]:
    if may_everywhere(_HANDLE) or may_everywhere("everything.read"):
        return jobs_of(None)
    return jobs_of([site.id for site in granted_sites(_HANDLE)])


def _names() -> dict[int, str]:
    return {site.id: site.name for site in all_sites()}
