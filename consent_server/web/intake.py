"""A door in front of Flask for the few addresses to which every page view posts.

What Flask does for a request (context, session, URL matching, hooks) costs more than all the work
of recording a decision. So an address that is posted to by the thousand is answered here: by the
same function that its Flask view calls, with the same headers. Everything else goes on to Flask.
`tests/web/test_intake.py` sends every case both ways and compares.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from werkzeug.exceptions import InternalServerError
from werkzeug.http import HTTP_STATUS_CODES

from consent_server.errors import Problem
from consent_server.storage.revision import OUTAGES
from consent_server.web.answers import Answer
from consent_server.web.problems import error_answer, outage_answer, problem_answer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Post = Callable[["WSGIEnvironment"], Answer]

_log = logging.getLogger(__name__)
_STATUS_LINES = {code: f"{code} {phrase.upper()}" for code, phrase in HTTP_STATUS_CODES.items()}


class Intake:
    """Answers POSTs to known paths itself (PEP 3333), hands on the rest.

    app: what stands behind. posts: path -> what answers it. headers: those of every answer.
    """

    def __init__(
        self,
        app: WSGIApplication,
        posts: Mapping[str, Post],
        headers: Mapping[str, str],
    ) -> None:
        self._app = app
        self._posts = posts
        self._headers = list(headers.items())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        post = self._posts.get(environ["PATH_INFO"])
        if post is None or environ["REQUEST_METHOD"] != "POST":
            return self._app(environ, start_response)
        answer = _answered(post, environ)
        headers = [*answer.headers, *self._headers]
        if answer.status != 204:
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(_STATUS_LINES[answer.status], headers)
        return (answer.body,)


def _answered(post: Post, environ: WSGIEnvironment) -> Answer:
    origin = environ.get("HTTP_ORIGIN")
    try:
        return post(environ)
    except Problem as problem:
        return problem_answer(problem, origin)
    except OUTAGES:
        return outage_answer(origin)
    except Exception:  # noqa: BLE001 - an answer is owed, as Flask would give it
        _log.exception("an error in POST %s", environ["PATH_INFO"])
        return error_answer(InternalServerError(), origin)
