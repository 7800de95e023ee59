"""Bounds on what a request may carry, checked before anything is parsed."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

from flask import Flask
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Request
from werkzeug.wsgi import get_input_stream

from consent_server.errors import BodyTooLarge, InvalidBody, MediaTypeRefused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FORM_BYTES_MAX: Final = 1_048_576  # the largest form, a notice in all languages, has some 200 kB
_FORM: Final = "application/x-www-form-urlencoded"
_ACCEPTED = ("application/json", "text/plain")
_DRAINED_BYTES: Final = 16 * 1_048_576  # of a body too large: most senders read only after sending
_CHUNK_BYTES: Final = 65_536


def init_app(app: Flask) -> None:
    """Bounds what anybody may post to a page: files of a form would fill the disk otherwise."""
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES_MAX


def read_body(environ: WSGIEnvironment, limit_bytes: int) -> bytes:
    """Returns the body of a request (PEP 3333), at most `limit_bytes` long.

    Raises MediaTypeRefused unless it is JSON (sent as JSON or, to spare browsers the preflight,
    as plain text) and not compressed, BodyTooLarge, or InvalidBody when it was cut off.
    """
    media_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if media_type not in _ACCEPTED:
        raise MediaTypeRefused(
            "Send the JSON body as application/json or text/plain.", field="Content-Type"
        )
    if environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        raise MediaTypeRefused("Send the body uncompressed.", field="Content-Encoding")
    stream = get_input_stream(environ)
    try:
        body = stream.read(limit_bytes + 1)  # one more tells, also without a length
        if len(body) > limit_bytes:
            _drain(stream)
            raise _too_large(limit_bytes)
    except ClientDisconnected as error:
        raise InvalidBody("The body ended before its announced length.") from error
    return body


def _drain(stream: IO[bytes]) -> None:
    """Reads on, within bounds: closed while it sends, a client would never see the answer."""
    left = _DRAINED_BYTES
    while left > 0 and (chunk := stream.read(_CHUNK_BYTES)):
        left -= len(chunk)


def read_form(request: Request, limit_bytes: int) -> dict[str, list[str]]:
    """Returns the fields of a form, each with all its values, at most `limit_bytes` together.

    Raises MediaTypeRefused, BodyTooLarge, or InvalidBody when it was cut off.
    """
    if request.mimetype != _FORM:
        raise MediaTypeRefused(f"Send the form as {_FORM}.", field="Content-Type")
    request.max_content_length = limit_bytes
    request.max_form_memory_size = limit_bytes
    try:
        return request.form.to_dict(flat=False)
    except RequestEntityTooLarge as error:
        raise _too_large(limit_bytes) from error
    except ClientDisconnected as error:
        raise InvalidBody("The body ended before its announced length.") from error


def _too_large(limit_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body may have at most {limit_bytes} bytes.", limit=limit_bytes)
