"""The contract as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, Final

import msgspec

from consent_server.config import Settings
from consent_server.consents.schemas import Submission
from consent_server.contract import answers, for_pages, for_programs, for_visitors
from consent_server.contract import examples as ex
from consent_server.contract.parts import TAGS, Answer, Example, Operation, Schema
from consent_server.contract.problems import catalogue
from consent_server.contract.words import with_words
from consent_server.subjects.held import MyData
from consent_server.subjects.schemas import Choice
from consent_server.visits.schemas import VisitReport

OPERATIONS: Final[tuple[Operation, ...]] = (
    *for_pages.OPERATIONS,
    *for_visitors.OPERATIONS,
    *for_programs.OPERATIONS,
)
HEADERS: Final = {
    "X-Request-ID": "Names this request in the logs of the service.",
    "Retry-After": "Seconds to wait.",
    "RateLimit": "What is left (draft-ietf-httpapi-ratelimit-headers-10).",
    "RateLimit-Policy": "Which limit it was: name, requests, seconds.",
    "ETag": "Validator of these very bytes.",
    "Cache-Control": "For how long the answer may be used unasked.",
    "Content-Disposition": "Name of the file.",
    "Location": "Where it goes on.",
    "Set-Cookie": "`cs_visitor`: the visitor token and nothing else; HttpOnly, SameSite=Lax, for "
    "this page only.",
    "Access-Control-Allow-Origin": "Any page may read it.",
    "Access-Control-Allow-Methods": "What a page may use.",
    "Access-Control-Allow-Headers": "What a page may send.",
}
PATH_FIELDS: Final[dict[str, tuple[str, Schema]]] = {
    "site_key": ("Key of the site; stands in its script tag.", {"type": "string", "maxLength": 12}),
    "part": ("Name of the part.", {"type": "string", "maxLength": 40}),
    "name": ("Name of the frozen script.", {"type": "string", "maxLength": 40}),
    "number": ("Number of the version.", {"type": "integer", "minimum": 0}),
    "consent_id": ("Number of the decision.", {"type": "string", "format": "uuid"}),
    "code": ("Last word of the type.", {"type": "string", "maxLength": 40}),
}
PATH_EXAMPLES: Final = {"site_key": ex.SITE}

_VARIABLE: Final = re.compile(r"<(?:\w+:)?(\w+)>")
_DESCRIPTION: Final = """\
Bodies are JSON in UTF-8. A refusal is `application/problem+json` (RFC 9457): nothing was written,
`type` says why (see the catalogue `x-problem-types`), `field` and `limit` what is to blame. Every
answer has its id in `X-Request-ID`.

Where 429 is listed, requests of one address, or for one site, are counted; the operator sets the
rates (`CONSENT_RATE_LIMITS`). Where 503 is listed, the same request may be sent again after
`Retry-After` seconds: ids make sure that it counts once.

Addresses also answer HEAD where they answer GET, and OPTIONS. Another method gets 405 with `Allow`.
"""
_SECURITY: Final = {
    "visitorToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `token` in the answer to a decision. It holds for one site.",
    },
    "visitorCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "cs_visitor",
        "description": "The same token, as pages of this service keep it.",
    },
    "apiToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "cst_...",
        "description": "Of a program, made by `consent-server operators token add`: shown once, "
        "expires, for named scopes (`consents.export`, `metrics.read`), for one site or all.",
    },
    "metricsToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The value of `CONSENT_METRICS_TOKEN`.",
    },
}


def document(settings: Settings) -> dict[str, Any]:
    """Returns the whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Consent Server",
            "version": version("consent-server"),
            "summary": "Cookie decisions that can be proved, visits destroyed on the day.",
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": settings.public_url}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": _paths(),
        "components": {
            "schemas": components(),
            "securitySchemes": _SECURITY,
            "headers": {
                name: {"description": words, "schema": {"type": "string"}}
                for name, words in HEADERS.items()
            },
        },
        "x-problem-types": [
            {"type": one.uri, "status": one.status, "title": one.title, "meaning": one.meaning}
            for one in catalogue()
        ],
    }


def components() -> dict[str, Any]:
    """Returns the schemas of all bodies, out of the very structs that read or describe them."""
    described = [
        *(Submission, VisitReport, Choice, MyData),
        *(answers.Problem, answers.Recorded, answers.CurrentConsent, answers.Verified),
        *(answers.Readiness, answers.GpcStatement, answers.Receipt),
    ]
    _refs, schemas = msgspec.json.schema_components(
        described, ref_template="#/components/schemas/{name}"
    )
    return with_words(schemas)


def path_of(rule: str) -> str:
    """Returns a rule of the URL map as OpenAPI writes it."""
    return _VARIABLE.sub(r"{\1}", rule)


def fields_of_path(rule: str) -> list[str]:
    """Returns the names of the variables in a rule."""
    return _VARIABLE.findall(rule)


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(path_of(operation.rule), {})[operation.method] = _operation(operation)
    return paths


def _operation(one: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "parameters": list(_parameters(one)),
        "responses": {str(status): _answer(one.answers[status]) for status in sorted(one.answers)},
        "security": [{guard: []} for guard in one.guards] + ([{}] if one.is_open else []),
    }
    if one.words:
        described["description"] = one.words
    if one.body:
        described["requestBody"] = {"required": True, "content": _body(one)}
    return described


def _parameters(one: Operation) -> Iterator[dict[str, Any]]:
    for name in fields_of_path(one.rule):
        words, schema = PATH_FIELDS[name]
        examples = _examples(
            one, lambda sent, name=name: sent.at.get(name, PATH_EXAMPLES.get(name))
        )
        yield {"name": name, "in": "path", "description": words, "required": True,
               "schema": schema} | examples  # fmt: skip
    for field in one.parameters:
        name = field.name
        place = "query" if field.place == "query" else "headers"
        examples = _examples(
            one, lambda sent, name=name, place=place: getattr(sent, place).get(name)
        )
        yield {"name": name, "in": field.place, "description": field.words,
               "required": field.is_required, "schema": field.schema} | examples  # fmt: skip


def _examples(one: Operation, value_of: Any) -> dict[str, Any]:
    found = {sent.name: _example(sent, value_of(sent)) for sent in one.examples
             if value_of(sent) is not None}  # fmt: skip
    return {"examples": found} if found else {}


def _example(sent: Example, value: Any) -> dict[str, Any]:
    return {"summary": sent.summary, "x-status": sent.status, "value": value}


def _body(one: Operation) -> dict[str, Any]:
    examples = _examples(one, lambda sent: sent.form if sent.json is None else sent.json)
    return {media_type: {"schema": schema} | examples for media_type, schema in one.body.items()}


def _answer(answer: Answer) -> dict[str, Any]:
    names = ", ".join(f"`{code}`" for code in answer.problems)
    headers = {
        name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-ID", *answer.headers)
    }
    described: dict[str, Any] = {
        "description": f"{answer.words} ({names})" if names else answer.words,
        "headers": headers,
    }
    if answer.content:
        described["content"] = {kind: {"schema": schema} for kind, schema in answer.content.items()}
    return described
