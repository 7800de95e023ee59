"""The catalogue of problem types (RFC 9457 §3.1.1): each refusal that is raised on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from consent_server.errors import Problem

PATH: Final = "/problems/"
_MEANINGS: Final = {
    "invalid-body": "Not JSON in UTF-8, an unknown or missing field, a wrong type, too long or too "
    "large. `field` names it, `limit` the bound.",
    "token-missing": "The address is for programs with a token of this scope; the same words "
    "whatever is wrong with the token.",
    "origin-refused": "The page that sends this is not in the allow-list of the site, or a form "
    "does not come from a page of this service.",
    "token-refused": "The visitor token is missing, malformed or of another site. Send the "
    "submission again with `visitor` null to get a new one.",
    "site-unknown": "No site has this key.",
    "not-found": "There is no such thing, or nothing was recorded yet.",
    "submission-conflict": "The id was already used for another decision; use a new one.",
    "body-too-large": "`limit` says how many bytes are taken.",
    "media-type": "Neither JSON nor plain text, or compressed; `field` names the header.",
    "not-published": "This version, language or hash of the notice was never shown to anybody.",
    "purpose-unknown": "The decisions do not fit the purposes and services of the version, or "
    "contradict the action.",
    "too-many-requests": "More came from one address, or for one site, than is taken. Wait for "
    "`Retry-After` seconds; `limit`, `RateLimit` and `RateLimit-Policy` say which rate it was.",
    "unavailable": "The database or the key ring is away, or the queue is full. Send the same "
    "again after `Retry-After` seconds: ids make sure that it counts once.",
}


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of refusal."""

    code: str
    status: int
    title: str
    meaning: str

    @property
    def uri(self) -> str:
        """The `type` of its problems, relative to the service."""
        return PATH + self.code


def catalogue() -> list[ProblemType]:
    """Returns every kind, by status."""
    kinds = [
        ProblemType(kind.code, kind.status, kind.title, _MEANINGS.get(kind.code, ""))
        for kind in _kinds(Problem)
    ]
    return sorted(kinds, key=lambda kind: (kind.status, kind.code))


def _kinds(root: type[Problem]) -> Iterator[type[Problem]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _kinds(kind)
