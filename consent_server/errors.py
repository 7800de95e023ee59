"""Every error this program raises on purpose, in one tree.

    ConsentServerError
    ├── ConfigError               the program refuses to start; one line says what to do
    │   └── OldRing               the key ring is an earlier copy of itself, or another one
    ├── CommandError              a command was asked for something that is not there
    ├── Busy                      another process does the same at the moment
    ├── KeyDestroyed              the key of a day is gone, and so is what it encrypted
    └── Problem                   a request is refused (RFC 9457); nothing was written
        ├── InvalidBody           400
        ├── TokenMissing          401
        ├── OriginRefused         403
        ├── TokenRefused          403
        ├── SiteUnknown           404
        ├── NotFound              404
        ├── SubmissionConflict    409
        ├── BodyTooLarge          413
        ├── MediaTypeRefused      415
        ├── NotPublished          422
        ├── PurposeUnknown        422
        ├── TooManyRequests       429 with Retry-After
        └── Unavailable           503 with Retry-After

An error names the cause, carries the fields a handler needs, and says what to do next.
"""

from __future__ import annotations

from typing import ClassVar


def N_(template: str) -> str:  # noqa: N802 - the name by which Babel finds what is translated later
    """Marks words that are translated when they are shown; returns them as they are."""
    return template


class ConsentServerError(Exception):
    """Root of the tree: catch this to catch everything raised on purpose."""


class ConfigError(ConsentServerError):
    """A setting makes a safe start impossible; `str(error)` is one line for the operator."""


class OldRing(ConfigError):
    """What lies in the ring's place is older than what was seen, or another ring: not to be used.

    With it, keys would come back that are destroyed.
    """


class CommandError(ConsentServerError):
    """A command cannot be carried out; `str(error)` is one line for the operator.

    template: the words, with a place like %(name)s for each field; marked with N_ where a page may
    show them, which then says them in its reader's language (admin.said).
    """

    def __init__(self, template: str = "", **fields: object) -> None:
        super().__init__(template % fields if fields else template)
        self.template = template
        self.fields = fields


class Busy(ConsentServerError):
    """Another process does the same at the moment; nothing was done, and it may be tried again."""


class KeyDestroyed(ConsentServerError):
    """The data key of a day does not exist (any more): what it encrypted cannot be read."""


class Problem(ConsentServerError):
    """A refused request, in the words of RFC 9457.

    detail: what is wrong with this request and what to do about it.
    field: dotted name of the offending field, if one is to blame.
    limit: the bound that was passed, with its unit in the detail.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Error"

    def __init__(self, detail: str, *, field: str | None = None, limit: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.limit = limit


class InvalidBody(Problem):
    status, code, title = 400, "invalid-body", "The body is not what this address accepts"


class TokenMissing(Problem):
    status, code, title = 401, "token-missing", "A token of a machine is needed"


class OriginRefused(Problem):
    status, code, title = 403, "origin-refused", "This origin may not write for this site"


class TokenRefused(Problem):
    status, code, title = 403, "token-refused", "The visitor token is not valid"


class SiteUnknown(Problem):
    status, code, title = 404, "site-unknown", "There is no such site"


class NotFound(Problem):
    status, code, title = 404, "not-found", "There is nothing here"


class SubmissionConflict(Problem):
    status, code, title = 409, "submission-conflict", "This id was used for something else"


class BodyTooLarge(Problem):
    status, code, title = 413, "body-too-large", "The body is too large"


class MediaTypeRefused(Problem):
    status, code, title = 415, "media-type", "The content type is not accepted"


class NotPublished(Problem):
    status, code, title = 422, "not-published", "This text was never published"


class PurposeUnknown(Problem):
    status, code, title = 422, "purpose-unknown", "The decisions do not fit the policy version"


class TooManyRequests(Problem):
    """More came from one address, or for one site, than the operator lets in.

    rule: which limit it was; limit: requests in `span_seconds`; retry_after_seconds: its rest.
    """

    status, code, title = 429, "too-many-requests", "More requests than are taken at a time"

    def __init__(
        self, detail: str, *, rule: str, limit: int, span_seconds: int, retry_after_seconds: int
    ) -> None:
        super().__init__(detail, limit=limit)
        self.rule = rule
        self.span_seconds = span_seconds
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Problem):
    """The database cannot take the record now; the sender keeps it and comes back."""

    status, code, title = 503, "unavailable", "Try again shortly"

    def __init__(self, detail: str, *, retry_after_seconds: int = 2) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
