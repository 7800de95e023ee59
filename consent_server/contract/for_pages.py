"""What the script on a product page asks: its own code, decisions, visits."""

from __future__ import annotations

from typing import Any, Final

from consent_server.contract import examples as ex
from consent_server.contract.parts import (
    JSON,
    Answer,
    Example,
    Operation,
    Parameter,
    away,
    ref,
    refused,
    text,
    too_many,
)

_JAVASCRIPT: Final = "text/javascript; charset=utf-8"
_SCRIPT: Final = Answer(
    "The script. Compressed with brotli or gzip if the client takes it.",
    {_JAVASCRIPT: {"type": "string"}},
    headers=("ETag", "Cache-Control", "Access-Control-Allow-Origin"),
)
_UNCHANGED: Final = Answer("The client has these very bytes.", headers=("ETag", "Cache-Control"))
_NO_SUCH: Final = refused("Nothing is there.", "site-unknown", "not-found")
_LANGUAGE: Final = Parameter("lang", "Language (BCP 47) instead of the browser's.", text(35))
_ORIGIN: Final = Parameter(
    "Origin", "Of the page that sends this; browsers set it.", text(300), "header"
)
_FROM_PAGE: Final = {"Origin": ex.ORIGIN}
_PREFLIGHT: Final = {
    204: Answer(
        "What a page may send.",
        headers=("Access-Control-Allow-Methods", "Access-Control-Allow-Headers"),
    )
}
_BODY_REFUSALS: Final = {
    400: refused("The body is not what this address takes.", "invalid-body"),
    413: refused("The body is too large.", "body-too-large"),
    415: refused("The body is not JSON.", "media-type"),
}
_WRITE_REFUSALS: Final = _BODY_REFUSALS | {
    403: refused(
        "This page or token may not write for the site.", "origin-refused", "token-refused"
    ),
    404: refused("There is no such site.", "site-unknown"),
    429: too_many(),
    503: away(),
}


def _json_body(name: str) -> dict[str, dict[str, Any]]:
    """As plain text it spares browsers the preflight."""
    return {JSON: ref(name), "text/plain": ref(name)}


OPERATIONS: Final = (
    Operation(
        method="get",
        rule="/embed/<site_key>.js",
        name="embedScript",
        tag="For pages",
        summary="The banner, the site's configuration and one language",
        words="What the script tag loads. The same bytes for everybody, except by language, by "
        "region where the site has modes for regions, and by privacy signal (`Sec-GPC`, `DNT`).",
        parameters=(_LANGUAGE,),
        answers={200: _SCRIPT, 304: _UNCHANGED, 404: _NO_SUCH, 503: away()},
        examples=(
            Example(name="script", summary="As the tag does", status=200),
            Example(
                name="no-site",
                summary="A key of no site",
                status=404,
                at={"site_key": "nosuchsite22"},
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="get",
        rule="/embed/<site_key>/<part>.js",
        name="embedPart",
        tag="For pages",
        summary="A part of the banner that a page needs now",
        words="`texts` is the configuration in another language. With `v`, the build that the "
        "script names, the answer may be kept for good.",
        parameters=(_LANGUAGE, Parameter("v", "Build, as the script names it.", text(64))),
        answers={200: _SCRIPT, 304: _UNCHANGED, 404: _NO_SUCH, 503: away()},
        examples=(
            Example(
                name="texts",
                summary="The Korean texts",
                status=200,
                at={"part": "texts"},
                query={"lang": "ko"},
            ),
        ),
    ),
    Operation(
        method="get",
        rule="/embed/<site_key>/pinned/<name>.js",
        name="pinnedScript",
        tag="For pages",
        summary="A frozen script, for a tag with `integrity`",
        words="The same bytes for good (see `banner pin`).",
        answers={200: _SCRIPT, 304: _UNCHANGED, 404: _NO_SUCH, 503: away()},
        examples=(
            Example(
                name="not-frozen",
                summary="Nothing was frozen under this name",
                status=404,
                at={"name": "0123456789abcdef"},
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="post",
        rule="/v1/consents",
        name="recordConsent",
        tag="For pages",
        summary="One decision; 201 means that it is on disk",
        words="Time, site and identity are the server's. `submission_id` is the idempotency key: "
        "the same again gets the same answer and makes no second record.",
        parameters=(_ORIGIN,),
        body=_json_body("Submission"),
        answers={
            201: Answer("Recorded.", {JSON: ref("Recorded")}),
            **_WRITE_REFUSALS,
            409: refused("The id belongs to another decision.", "submission-conflict"),
            422: refused(
                "The text was never shown, or the decisions do not fit it.",
                "not-published",
                "purpose-unknown",
            ),
        },
        examples=(
            Example(
                name="decision",
                summary="Statistics allowed, marketing refused",
                status=201,
                headers=_FROM_PAGE,
                json=ex.DECISION,
            ),
            Example(
                name="other-decision",
                summary="The same id for another decision",
                status=409,
                headers=_FROM_PAGE,
                json=ex.DECISION
                | {
                    "action": "refuse_all",
                    "decisions": dict.fromkeys(ex.DECISION["decisions"], False),
                },
                is_shown=False,
            ),
            Example(
                name="unknown-purpose",
                summary="A purpose that the notice does not have",
                status=422,
                headers=_FROM_PAGE,
                json=ex.DECISION | {"submission_id": ex.UNUSED_ID, "decisions": {"sales": True}},
                is_shown=False,
            ),
            Example(
                name="foreign-page",
                summary="A page that the site does not know",
                status=403,
                headers={"Origin": "https://elsewhere.example"},
                json=ex.DECISION | {"submission_id": ex.UNUSED_ID},
                is_shown=False,
            ),
            Example(
                name="missing-fields",
                summary="Fields are missing",
                status=400,
                headers=_FROM_PAGE,
                json={"site": ex.SITE},
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="options",
        rule="/v1/consents",
        name="preflightConsent",
        tag="For pages",
        summary="What a page may send (CORS)",
        answers=_PREFLIGHT,
        examples=(
            Example(
                name="preflight",
                summary="Before JSON is posted",
                status=204,
                headers=_FROM_PAGE,
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="get",
        rule="/v1/consents/current",
        name="currentConsent",
        tag="For pages",
        summary="What a visitor decided last, and whether it still counts",
        parameters=(Parameter("site", "Key of the site.", text(12), is_required=True),),
        answers={
            200: Answer("The newest decision.", {JSON: ref("CurrentConsent")}),
            403: refused("The token is missing or of another site.", "token-refused"),
            404: refused("No such site, or nothing is recorded.", "site-unknown", "not-found"),
            429: too_many(),
            503: away(),
        },
        guards=("visitorToken",),
        examples=(
            Example(
                name="current",
                summary="With the token of a decision",
                status=200,
                query={"site": ex.SITE},
                headers={"Authorization": f"Bearer {ex.VISITOR_TOKEN}"},
            ),
            Example(
                name="no-token",
                summary="Without a token",
                status=403,
                query={"site": ex.SITE},
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="options",
        rule="/v1/consents/current",
        name="preflightCurrent",
        tag="For pages",
        summary="What a page may send (CORS)",
        answers=_PREFLIGHT,
    ),
    Operation(
        method="post",
        rule="/v1/visits",
        name="recordVisit",
        tag="For pages",
        summary="One page view; 204 means that it is on disk, or that the site keeps none",
        words="Time, address and device are taken from the request itself; `hints` and the headers "
        "`Sec-CH-UA-Mobile` and `Sec-CH-UA-Platform` add what Chromium's frozen header hides. "
        "`visit_id` is the idempotency key. Where a site records visits by consent, only one whose "
        "`visitor` has granted the site's purpose is recorded; the answer is 204 either way.",
        parameters=(_ORIGIN,),
        body=_json_body("VisitReport"),
        answers={204: Answer("Done."), **_WRITE_REFUSALS},
        examples=(
            Example(
                name="visit",
                summary="A page was opened",
                status=204,
                headers=_FROM_PAGE,
                json={"site": ex.SITE, "visit_id": ex.VISIT_ID, "path": "/pricing"},
            ),
            Example(
                name="unknown-field",
                summary="A field that there is not",
                status=400,
                headers=_FROM_PAGE,
                json={"site": ex.SITE, "visit_id": ex.VISIT_ID, "path": "/", "ip": "203.0.113.9"},
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="options",
        rule="/v1/visits",
        name="preflightVisit",
        tag="For pages",
        summary="What a page may send (CORS)",
        answers=_PREFLIGHT,
    ),
    Operation(
        method="post",
        rule="/v1/receipts/verification",
        name="verifyReceipt",
        tag="For programs",
        summary="Whether this service made a receipt and nobody changed it since",
        words="For whoever is shown a receipt. Nothing is stored or looked up.",
        body={JSON: {"type": "object"}, "text/plain": {"type": "object"}},
        answers={
            200: Answer("The verdict.", {JSON: ref("Verified")}),
            **_BODY_REFUSALS,
            429: too_many(),
        },
        examples=(
            Example(
                name="receipt",
                summary="A receipt whose signature does not fit",
                status=200,
                json=ex.RECEIPT,
            ),
        ),
    ),
    Operation(
        method="options",
        rule="/v1/receipts/verification",
        name="preflightVerification",
        tag="For programs",
        summary="What a page may send (CORS)",
        answers=_PREFLIGHT,
    ),
)
