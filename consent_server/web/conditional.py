"""Cached documents with strong validators (RFC 9110 §13): compressed once, answered with 304."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

import brotli
from flask import Request, Response
from werkzeug.datastructures import Accept


@dataclass(frozen=True, slots=True)
class Document:
    """One body in three encodings, ready to send."""

    media_type: str
    etag: str
    plain: bytes
    gzipped: bytes
    brotlied: bytes

    @classmethod
    def of(cls, body: bytes, media_type: str) -> Document:
        """Compresses a body as far as it goes; done once per content, never per request."""
        return cls(
            media_type=media_type,
            etag=hashlib.sha256(body).hexdigest()[:24],
            plain=body,
            gzipped=gzip.compress(body, 9, mtime=0),
            brotlied=brotli.compress(body, quality=11),
        )

    def respond(self, request: Request, cache_control: str, *vary: str) -> Response:
        """Returns 304 if the client holds this very body, else the body in its best encoding."""
        encoding, body = self._encoded(request)
        response = Response(mimetype=self.media_type)
        # one validator per encoding, as RFC 9110 asks of strong ones
        response.set_etag(f"{self.etag}-{encoding}" if encoding else self.etag)
        response.headers["Cache-Control"] = cache_control
        response.vary.update(["Accept-Encoding", *vary])
        # weak comparison (RFC 9110 §13.1.2): proxies that touch a body make its validator weak
        if request.if_none_match.contains_weak(response.get_etag()[0] or ""):
            response.status_code = 304
            return response
        response.set_data(body)
        if encoding:
            response.headers["Content-Encoding"] = encoding
        return response

    def _encoded(self, request: Request) -> tuple[str, bytes]:
        """Returns what the client likes best; of equals the smallest.

        The plain body where it takes none of them, as RFC 9110 §12.5.3 lets us.
        """
        accepted = request.accept_encodings
        offers = (("br", self.brotlied), ("gzip", self.gzipped))
        name, body = max(offers, key=lambda offer: _weight(accepted, offer[0]))
        best = _weight(accepted, name)
        if not best or best < _weight(accepted, "identity"):
            return "", self.plain
        return name, body


def _weight(accepted: Accept, encoding: str) -> float:
    """Returns how much an encoding is wished for, 0 to 1; identity need not be named for that."""
    if encoding == "identity" and encoding not in accepted.values():
        return 1e-6
    return accepted[encoding]
