"""What one person can read and do about their own data: pages, their forms, files."""

from __future__ import annotations

from typing import Final

from consent_server.contract import examples as ex
from consent_server.contract.parts import (
    FORM,
    HTML,
    JSON,
    LANG,
    UNKNOWN,
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

_LOOKED_UP: Final = {404: UNKNOWN, 429: too_many(as_page=True), 503: away(as_page=True)}
_DONE: Final = Answer(
    "Done; leads back to the page.", {HTML: {"type": "string"}}, (), ("Location",)
)
_MOVED: Final = Answer(
    "Leads to the page.", {HTML: {"type": "string"}}, (), ("Location", "Set-Cookie")
)
_FORM_REFUSALS: Final = {
    400: refused("A field is missing, unknown or wrong.", "invalid-body", as_page=True),
    403: refused("The form is not of a page of this service.", "origin-refused", as_page=True),
    413: refused("The form is too large.", "body-too-large", as_page=True),
    415: refused("It is no form.", "media-type", as_page=True),
    422: refused(
        "The choice does not fit the notice.", "not-published", "purpose-unknown", as_page=True
    ),
    **_LOOKED_UP,
}
_OLD_FORM: Final = refused(
    "Another decision was made since; the page as it is now.", "submission-conflict", as_page=True
)
_VISITOR: Final = Parameter(
    "visitor",
    "A visitor token: moves into a cookie, and the answer leads to the address without it.",
    text(100),
)
_NOT_YOURS: Final = refused(
    "The token is missing or of another site.", "token-refused", as_page=True
)
_CHOICE: Final = {FORM: ref("Choice")}
_INTRODUCTION: Final = {
    "type": "object",
    "properties": {"visitor": text(100, description="A visitor token.")},
    "required": ["visitor"],
}
_FROM_OURS: Final = {"Sec-Fetch-Site": "same-origin"}
_TOKEN: Final = {"Authorization": f"Bearer {ex.VISITOR_TOKEN}"}
_COOKIE: Final = {"Cookie": f"cs_visitor={ex.VISITOR_TOKEN}"}
_WITHDRAWAL: Final = {
    "submission_id": ex.UNUSED_ID,
    "policy_version": "1",
    "language": "en",
    "text_sha256": ex.TEXT_SHA256,
    "action": "withdraw",
}
_RECEIPT: Final = Answer(
    "The receipt.", {JSON: ref("Receipt")}, headers=("Content-Disposition", "Cache-Control")
)

OPERATIONS: Final = (
    Operation(
        method="get",
        rule="/preferences/<site_key>",
        name="showPreferences",
        tag="For visitors",
        summary="The preference centre: what is in force, the same choices as in the banner",
        words="Link to it from `<noscript>` or anywhere else.",
        parameters=(LANG, _VISITOR),
        answers={200: page("The page."), 303: _MOVED, **_LOOKED_UP},
        guards=("visitorCookie",),
        is_open=True,
        examples=(Example(name="page", summary="As anybody", status=200),),
    ),
    Operation(
        method="post",
        rule="/preferences/<site_key>",
        name="decideOnPage",
        tag="For visitors",
        summary="A choice made on the page; 303 means that it is on disk",
        words="Forms of this service's own pages only: `Sec-Fetch-Site` says same-origin, or, "
        "where browsers do not send that, `Origin` is the public address.",
        parameters=(LANG,),
        body=_CHOICE,
        answers={303: _MOVED, 409: _OLD_FORM, **_FORM_REFUSALS},
        guards=("visitorCookie",),
        is_open=True,
        examples=(
            Example(
                name="refusal",
                summary="Refuse all",
                status=303,
                headers=_FROM_OURS,
                form=_WITHDRAWAL | {"action": "refuse_all", "submission_id": ex.PAGE_ID},
                is_shown=False,
            ),
            Example(
                name="foreign-form",
                summary="A form of another page",
                status=403,
                form=_WITHDRAWAL,
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="post",
        rule="/preferences/<site_key>/visits",
        name="eraseVisitsOnPage",
        tag="For visitors",
        summary="Deletes the visitor's visit records, or says why not and until when",
        parameters=(LANG,),
        body={FORM: {"type": "object"}},
        answers={
            303: _DONE,
            409: page("A law makes the site keep them; the page says which and until when."),
            **{status: _FORM_REFUSALS[status] for status in (403, 404, 429, 503)},
        },
        guards=("visitorCookie",),
        examples=(
            Example(
                name="nobody",
                summary="A browser without a visitor number",
                status=404,
                headers=_FROM_OURS,
                form={},
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="get",
        rule="/preferences/<site_key>/receipt",
        name="lastReceipt",
        tag="For visitors",
        summary="The receipt of the last decision",
        answers={200: _RECEIPT, **_LOOKED_UP},
        guards=("visitorCookie",),
        examples=(Example(name="receipt", summary="With the cookie", status=200, headers=_COOKIE),),
    ),
    Operation(
        method="get",
        rule="/preferences/<site_key>/my-data",
        name="leadToMyData",
        tag="For visitors",
        summary="From the preference centre to the page of all data",
        parameters=(LANG,),
        answers={303: _DONE, **_LOOKED_UP},
        guards=("visitorCookie",),
        is_open=True,
        examples=(
            Example(
                name="lead", summary="With the cookie", status=303, headers=_COOKIE, is_shown=False
            ),
        ),
    ),
    Operation(
        method="get",
        rule="/my-data/<site_key>",
        name="myData",
        tag="For visitors",
        summary="Everything held about a visitor, how it is used and provided, what was decided",
        words="A page, or JSON if `Accept` prefers it or `format` says so. The page shows 50 "
        "visits at a time, the JSON has all. Copies under a legal hold are left out.",
        parameters=(
            LANG,
            _VISITOR,
            Parameter(
                "format", "Instead of `Accept`.", {"type": "string", "enum": ["json", "html"]}
            ),
            Parameter("page", "Page of visits; other than a number: the first.", text(6)),
            Parameter("download", "Anything: the JSON is a file to keep.", text(10)),
        ),
        answers={
            200: Answer(
                "Everything.",
                {JSON: ref("MyData"), HTML: {"type": "string"}},
                headers=("Cache-Control",),
            ),
            303: _MOVED,
            400: refused("The format is neither.", "invalid-body", as_page=True),
            403: _NOT_YOURS,
            **_LOOKED_UP,
        },
        guards=("visitorToken", "visitorCookie"),
        examples=(
            Example(
                name="file",
                summary="As JSON",
                status=200,
                query={"format": "json"},
                headers=_TOKEN,
            ),
            Example(name="page", summary="As a page", status=200, headers=_TOKEN, is_shown=False),
            Example(name="nobody", summary="Without a token", status=403, is_shown=False),
        ),
    ),
    Operation(
        method="post",
        rule="/my-data/<site_key>",
        name="introduceToMyData",
        tag="For visitors",
        summary="To the same page from a form of a product page",
        words="The token travels in the body, so it stands in no log and no `Referer`.",
        parameters=(LANG,),
        body={FORM: _INTRODUCTION},
        answers={
            303: _MOVED,
            400: refused("The form was cut off.", "invalid-body", as_page=True),
            403: _NOT_YOURS,
            413: refused("The form is too large.", "body-too-large", as_page=True),
            415: refused("It is no form.", "media-type", as_page=True),
            **_LOOKED_UP,
        },
        examples=(
            Example(
                name="introduction",
                summary="With the token of a decision",
                status=303,
                form={"visitor": ex.VISITOR_TOKEN},
            ),
        ),
    ),
    Operation(
        method="post",
        rule="/my-data/<site_key>/withdrawal",
        name="withdrawFromMyData",
        tag="For visitors",
        summary="Withdraws all consent",
        words="A form of the page itself, as for the preference centre.",
        parameters=(LANG,),
        body=_CHOICE,
        answers={303: _DONE, 409: _OLD_FORM, **_FORM_REFUSALS},
        guards=("visitorCookie", "visitorToken"),
        examples=(
            Example(
                name="withdrawal",
                summary="Everything",
                status=303,
                headers=_FROM_OURS | _TOKEN,
                form=_WITHDRAWAL,
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="post",
        rule="/my-data/<site_key>/erasure",
        name="eraseFromMyData",
        tag="For visitors",
        summary="Deletes the visitor's visit records, or says why not and until when",
        parameters=(LANG,),
        body={FORM: {"type": "object"}},
        answers={
            303: _DONE,
            409: page("A law makes the site keep them; the page says which and until when."),
            **{status: _FORM_REFUSALS[status] for status in (403, 404, 429, 503)},
        },
        guards=("visitorCookie", "visitorToken"),
        examples=(
            Example(
                name="kept",
                summary="Where a law makes the site keep them",
                status=409,
                headers=_FROM_OURS | _TOKEN,
                form={},
                is_shown=False,
            ),
        ),
    ),
    Operation(
        method="get",
        rule="/my-data/<site_key>/receipts/<uuid:consent_id>",
        name="receiptOf",
        tag="For visitors",
        summary="The receipt of one of the visitor's decisions",
        answers={200: _RECEIPT, 403: _NOT_YOURS, **_LOOKED_UP},
        guards=("visitorCookie", "visitorToken"),
        examples=(
            Example(
                name="receipt",
                summary="Of one's own decision",
                status=200,
                at={"consent_id": ex.CONSENT_ID},
                headers=_TOKEN,
            ),
        ),
    ),
    Operation(
        method="get",
        rule="/policies/<site_key>",
        name="currentNotice",
        tag="For visitors",
        summary="The notice in force, the announced one, and what each changed",
        parameters=(LANG,),
        answers={200: page("The page."), **_LOOKED_UP},
        examples=(Example(name="notice", summary="In force", status=200),),
    ),
    Operation(
        method="get",
        rule="/policies/<site_key>/<int:number>",
        name="notice",
        tag="For visitors",
        summary="Any version of the notice, as it was shown",
        parameters=(LANG,),
        answers={200: page("The page."), **_LOOKED_UP},
        examples=(
            Example(name="first", summary="The first version", status=200, at={"number": "1"}),
        ),
    ),
)
