"""Which pages may read our answers (Fetch standard, CORS).

Who may *write* is decided on the server by the site's allow-list (sites.directory); CORS only
lets the page that asked read the answer, problems included, so that the banner can act on it.
Credentials are never allowed: the script sends none.
"""

from __future__ import annotations

from flask import Response, request


def allow_reading(response: Response) -> Response:
    """Lets the asking page read this answer, without credentials."""
    origin = request.headers.get("Origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        response.vary.add("Origin")
    return response


def preflight() -> Response:
    """Answers a preflight: JSON may be posted (as text/plain it needs none), tokens shown."""
    response = allow_reading(Response(status=204))
    response.headers["Access-Control-Allow-Methods"] = "GET, POST"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response
