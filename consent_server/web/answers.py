"""An answer before any framework: what a POST path gives, by way of Flask or in front of it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response


@dataclass(frozen=True, slots=True)
class Answer:
    """Status code, headers (names and values) and body of one response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""

    def as_response(self) -> Response:
        """Returns the same for a Flask view."""
        response = Response(self.body, self.status)
        del response.headers["Content-Type"]  # the framework's default
        response.headers.extend(self.headers)
        return response
