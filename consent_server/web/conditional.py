"""Cached documents with strong validators (RFC 9110 §13): compressed once, answered with 304."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

import brotli
from flask import Request, Response


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
        if request.if_none_match.contains(response.get_etag()[0] or ""):
            response.status_code = 304
            return response
        response.set_data(body)
        if encoding:
            response.headers["Content-Encoding"] = encoding
        return response

    def _encoded(self, request: Request) -> tuple[str, bytes]:
        accepted = request.accept_encodings
        if accepted["br"] > 0:
            return "br", self.brotlied
        if accepted["gzip"] > 0:
            return "gzip", self.gzipped
        return "", self.plain
