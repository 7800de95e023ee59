"""Which pages may read our answers (Fetch standard, CORS).

Who may *write* is decided on the server by the site's allow-list (sites.directory); CORS only
lets the page that asked read the answer, problems included, so that the banner can act on it.
Credentials are never allowed: the script sends none.
"""

from __future__ import annotations

from flask import Response, request


def reading_headers(origin: str | None) -> list[tuple[str, str]]:
    """Returns the headers that let a page of `origin` read an answer, without credentials."""
    if not origin:
        return []
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", "Retry-After"),
        ("Vary", "Origin"),
    ]


def allow_reading(response: Response) -> Response:
    """Lets the asking page read this answer, without credentials."""
    for name, value in reading_headers(request.headers.get("Origin")):
        if name == "Vary":
            response.vary.add(value)
        else:
            response.headers[name] = value
    return response


def preflight() -> Response:
    """Answers a preflight: JSON may be posted (as text/plain it needs none), tokens shown."""
    response = allow_reading(Response(status=204))
    response.headers["Access-Control-Allow-Methods"] = "GET, POST"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response
