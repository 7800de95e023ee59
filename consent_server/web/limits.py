"""Bounds on what a request may carry, checked before anything is parsed."""

from __future__ import annotations

from typing import Final

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Request

from consent_server.errors import BodyTooLarge, InvalidBody, MediaTypeRefused

_FORM: Final = "application/x-www-form-urlencoded"
_ACCEPTED = ("application/json", "text/plain")


def read_body(request: Request, limit_bytes: int) -> bytes:
    """Returns the request body, at most `limit_bytes` long.

    Raises MediaTypeRefused unless it is JSON (sent as JSON or, to spare browsers the preflight,
    as plain text), BodyTooLarge, or InvalidBody when it was cut off.
    """
    if request.mimetype not in _ACCEPTED:
        raise MediaTypeRefused(
            "Send the JSON body as application/json or text/plain.", field="Content-Type"
        )
    if (request.content_length or 0) > limit_bytes:
        raise _too_large(limit_bytes)
    request.max_content_length = limit_bytes  # bounds chunked bodies too
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise _too_large(limit_bytes) from error
    except ClientDisconnected as error:
        raise InvalidBody("The body ended before its announced length.") from error


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
