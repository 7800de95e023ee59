"""Korean and English on every server page (Flask-Babel).

`?lang=` wins and is remembered in a cookie that holds nothing else; then the browser's wish.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, current_app, request
from flask_babel import Babel, get_locale

LANGUAGES: Final = ("en", "ko")
_COOKIE: Final = "cs_lang"
_RIGHT_TO_LEFT: Final = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_ONE_YEAR_SECONDS: Final = 31_536_000


def init_app(app: Flask) -> None:
    """Chooses the language of each page and remembers a choice made by `?lang=`."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=lambda: preferred_language(LANGUAGES, "en"))
    app.jinja_env.globals["page_language"] = lambda: str(get_locale())
    app.after_request(_remember)


def preferred_language(available: Sequence[str], default: str) -> str:
    """Returns the language for this request: asked for, remembered, the browser's, the default."""
    for choice in (request.args.get("lang"), request.cookies.get(_COOKIE)):
        if choice is not None and choice in available:
            return choice
    return request.accept_languages.best_match(available) or default


def direction(language: str) -> str:
    """Returns in which direction a language (BCP 47 tag) is written: `ltr` or `rtl`."""
    return "rtl" if language.split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def _remember(response: Response) -> Response:
    chosen = request.args.get("lang")
    if chosen in LANGUAGES and response.mimetype == "text/html":
        response.set_cookie(
            _COOKIE,
            chosen,
            max_age=_ONE_YEAR_SECONDS,
            samesite="Lax",
            httponly=True,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response
