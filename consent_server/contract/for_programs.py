"""What programs of operators, monitors and readers of this contract ask."""

from __future__ import annotations

from typing import Final

from consent_server.contract import examples as ex
from consent_server.contract.parts import (
    JSON,
    LANG,
    PROBLEM,
    Answer,
    Example,
    Operation,
    Parameter,
    away,
    page,
    ref,
    refused,
    text,
    too_many,
)
from consent_server.watching.exposition import MEDIA_TYPE

_UNCHANGED: Final = Answer("The client has these very bytes.", headers=("ETag", "Cache-Control"))

OPERATIONS: Final = (
    Operation(
        method="get",
        rule="/v1/export/consents",
        name="exportConsents",
        tag="For programs",
        summary="All consent records of a site, streamed",
        words="The name of the token and the reason stand in the access log before the first byte. "
        "Oldest first, one record a line. Consent records hold neither address nor device.",
        parameters=(
            Parameter("site", "Key of the site.", text(12), is_required=True),
            Parameter(
                "reason",
                "Why, printable; only the first 500 characters are kept.",
                text(500, minLength=1),
                is_required=True,
            ),
            Parameter(
                "format",
                "Of the lines.",
                {"type": "string", "enum": ["csv", "ndjson"], "default": "ndjson"},
            ),
        ),
        answers={
            200: Answer(
                "The records.",
                {
                    "application/x-ndjson": {"type": "string"},
                    "text/csv; charset=utf-8": {"type": "string"},
                },
                headers=("Content-Disposition", "Cache-Control"),
            ),
            400: refused("A field is missing or wrong.", "invalid-body"),
            401: refused("The token is not good for it.", "token-missing"),
            404: refused("There is no such site.", "site-unknown"),
            503: away(),
        },
        guards=("apiToken",),
        examples=(
            Example(
                name="csv",
                summary="As CSV",
                status=200,
                query={"site": ex.SITE, "reason": "Yearly audit", "format": "csv"},
                headers={"Authorization": f"Bearer {ex.API_TOKEN}"},
            ),
            Example(
                name="no-reason",
                summary="Without a reason",
                status=400,
                query={"site": ex.SITE},
                headers={"Authorization": f"Bearer {ex.API_TOKEN}"},
                is_shown=False,
            ),
            Example(
                name="no-token",
                summary="Without a token",
                status=401,
                query={"site": ex.SITE, "reason": "Yearly audit"},
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="get",
        rule="/healthz",
        name="health",
        tag="For programs",
        summary="The process lives",
        answers={200: Answer("`ok`.", {"text/plain; charset=utf-8": {"type": "string"}})},
        examples=(Example(name="alive", summary="Ask", status=200),),
    ),
    Operation(
        method="get",
        rule="/readyz",
        name="readiness",
        tag="For programs",
        summary="Whether a record can be kept here, and what an operator must look at",
        answers={
            200: Answer("It can; `degraded` needs an operator.", {JSON: ref("Readiness")}),
            503: Answer(
                "It cannot; `checks` says why.",
                {PROBLEM: ref("Problem")},
                ("unavailable",),
                ("Retry-After",),
            ),
        },
        examples=(Example(name="ready", summary="Ask", status=200),),
    ),
    Operation(
        method="get",
        rule="/metrics",
        name="metrics",
        tag="For programs",
        summary="Counts in the text format of Prometheus",
        words="By default for programs of the same machine or private network that come past no "
        "proxy; see `CONSENT_METRICS` and `CONSENT_METRICS_TOKEN`.",
        answers={
            200: Answer("The counts.", {MEDIA_TYPE: {"type": "string"}}),
            401: refused("The token is not the one that was set."),
            403: refused("Not for this reader."),
            404: refused("There are none.", "not-found"),
            503: away(),
        },
        guards=("metricsToken", "apiToken"),
        is_open=True,
        examples=(Example(name="counts", summary="From the same machine", status=200),),
    ),
    Operation(
        method="get",
        rule="/schemas/site.json",
        name="siteSchema",
        tag="For programs",
        summary="JSON Schema of the file of `policies export`",
        answers={
            200: Answer(
                "The schema.",
                {"application/schema+json": {"type": "object"}},
                headers=("Cache-Control",),
            )
        },
        examples=(Example(name="schema", summary="Ask", status=200),),
    ),
    Operation(
        method="get",
        rule="/.well-known/gpc.json",
        name="gpcStatement",
        tag="For programs",
        summary="That Global Privacy Control is followed",
        words="It speaks for the service's own addresses. A site that follows the signal lets its "
        "own `/.well-known/gpc.json` redirect here.",
        answers={
            200: Answer(
                "The statement.",
                {JSON: ref("GpcStatement")},
                headers=("ETag", "Cache-Control", "Access-Control-Allow-Origin"),
            ),
            304: _UNCHANGED,
        },
        examples=(Example(name="statement", summary="Ask", status=200),),
    ),
    Operation(
        method="get",
        rule="/openapi.json",
        name="openapi",
        tag="This document",
        summary="This document",
        answers={
            200: Answer(
                "OpenAPI 3.1.",
                {JSON: {"type": "object", "required": ["openapi", "info", "paths"]}},
                headers=("ETag", "Cache-Control", "Access-Control-Allow-Origin"),
            ),
            304: _UNCHANGED,
        },
        examples=(Example(name="document", summary="Ask", status=200),),
    ),
    Operation(
        method="get",
        rule="/docs",
        name="docs",
        tag="This document",
        summary="The same as a page, with commands to try",
        parameters=(
            LANG,
            Parameter("site", "Key of a site whose values stand in the commands.", text(12)),
        ),
        answers={200: page("The page."), 429: too_many(as_page=True), 503: away(as_page=True)},
        examples=(Example(name="page", summary="Read", status=200, is_shown=False),),
    ),
    Operation(
        method="get",
        rule="/problems/<code>",
        name="problemType",
        tag="This document",
        summary="Where the `type` of a problem is explained",
        answers={
            302: Answer(
                "Leads to its line in the page.",
                {"text/html; charset=utf-8": {"type": "string"}},
                headers=("Location",),
            ),
            404: refused("There is no such type.", "not-found", as_page=True),
        },
        examples=(
            Example(
                name="type",
                summary="Follow a type",
                status=302,
                at={"code": "invalid-body"},
                is_shown=False,
            ),
        ),
    ),
)
