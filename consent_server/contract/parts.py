"""Of what the description of one address consists; turned into OpenAPI by `document`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

JSON: Final = "application/json"
HTML: Final = "text/html; charset=utf-8"
PROBLEM: Final = "application/problem+json"
FORM: Final = "application/x-www-form-urlencoded"

Schema = dict[str, Any]
Method = Literal["get", "post", "options"]
Guard = Literal["visitorToken", "visitorCookie", "apiToken", "metricsToken"]
Tag = Literal["For pages", "For visitors", "For programs", "This document"]
TAGS: Final[Mapping[Tag, str]] = {
    "For pages": "What the script on a product page asks.",
    "For visitors": "What one person can read and do; pages work without JavaScript.",
    "For programs": "What operators' programs and monitors ask.",
    "This document": "The contract itself.",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of the address line or one header."""

    name: str
    words: str
    schema: Schema
    place: Literal["query", "header"] = "query"
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes with one status. content: media type -> schema; none: no body.

    problems: codes of the catalogue that come with this status (errors.Problem).
    headers: names out of `document.HEADERS`.
    """

    words: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request that is really sent, and the status that it gets.

    Values of `examples` stand for those of the reader's own site. at: values of the path.
    json, form: the body. is_shown: whether people see it as a command, on /docs.
    """

    name: str
    summary: str
    status: int
    at: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    is_shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address. rule: as the URL map writes it; name: its operationId.

    body: media type -> schema. guards: any one of these opens it; () anybody.
    is_open: whether it also answers without any of the guards.
    """

    method: Method
    rule: str
    name: str
    tag: Tag
    summary: str
    words: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Schema] = field(default_factory=dict)
    answers: Mapping[int, Answer] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    is_open: bool = False
    examples: tuple[Example, ...] = ()


def ref(name: str) -> Schema:
    """Returns a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def text(most: int, **more: Any) -> Schema:
    """Returns the schema of a text. most: characters."""
    return {"type": "string", "maxLength": most, **more}


def refused(words: str, *codes: str, as_page: bool = False) -> Answer:
    """Returns the answer to a refusal. as_page: whether a browser is shown a page instead."""
    return Answer(words, _refusal(as_page), codes)


def _refusal(as_page: bool) -> dict[str, Schema]:
    return {PROBLEM: ref("Problem")} | ({HTML: {"type": "string"}} if as_page else {})


def too_many(*, as_page: bool = False) -> Answer:
    """Returns the answer beyond a rate."""
    return Answer(
        "More than is taken at a time.",
        _refusal(as_page),
        ("too-many-requests",),
        ("Retry-After", "RateLimit", "RateLimit-Policy"),
    )


def away(*, as_page: bool = False) -> Answer:
    """Returns the answer while a record cannot be kept or looked up."""
    return Answer(
        "Cannot be done at the moment; nothing was stored.",
        _refusal(as_page),
        ("unavailable",),
        ("Retry-After",),
    )


def page(words: str) -> Answer:
    """Returns a page for people."""
    return Answer(words, {HTML: {"type": "string"}})


UNKNOWN: Final = refused("Nothing is there.", "site-unknown", "not-found", as_page=True)
LANG: Final = Parameter("lang", "Language (BCP 47) instead of the browser's.", text(35))
