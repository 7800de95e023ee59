"""Bounds on what a request may carry, checked before anything is parsed."""

from __future__ import annotations

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Request

from consent_server.errors import BodyTooLarge, InvalidBody, MediaTypeRefused

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


def _too_large(limit_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body may have at most {limit_bytes} bytes.", limit=limit_bytes)
