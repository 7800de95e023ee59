"""A door in front of Flask for the few addresses that every page view asks.

What Flask does for a request (context, session, URL matching, hooks) costs more than all the work
of recording a decision. So what is asked by the thousand is answered here: by the same function
that its Flask view calls, with the same headers. Everything else goes on to Flask.
`tests/web/test_intake.py` sends every case both ways and compares.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from werkzeug.exceptions import InternalServerError
from werkzeug.http import HTTP_STATUS_CODES

from consent_server.errors import Problem
from consent_server.storage.revision import OUTAGES
from consent_server.web.answers import Answer
from consent_server.web.observed import ROUTE
from consent_server.web.problems import error_answer, outage_answer, problem_answer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Door = Callable[["WSGIEnvironment"], Answer]
Doors = Mapping[re.Pattern[str], tuple[str, Door]]

_WITHOUT_BODY = (204, 304)
_log = logging.getLogger(__name__)
_STATUS_LINES = {code: f"{code} {phrase.upper()}" for code, phrase in HTTP_STATUS_CODES.items()}


class Intake:
    """Answers known requests itself (PEP 3333), hands on the rest.

    app: what stands behind. doors: method -> pattern of the path -> its route, as it is counted,
    and what answers it.
    headers: those of every answer.
    """

    def __init__(
        self, app: WSGIApplication, doors: Mapping[str, Doors], headers: Mapping[str, str]
    ) -> None:
        self._app = app
        self._doors = doors
        self._headers = list(headers.items())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        for pattern, (route, door) in self._doors.get(environ["REQUEST_METHOD"], {}).items():
            if pattern.fullmatch(path):
                environ[ROUTE] = route
                answer = _answered(door, environ)
                break
        else:
            return self._app(environ, start_response)
        headers = [*answer.headers, *self._headers]
        if answer.status not in _WITHOUT_BODY:
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(_STATUS_LINES[answer.status], headers)
        return [answer.body]  # a list is whole for the server; anything else it asks piece by piece


def _answered(door: Door, environ: WSGIEnvironment) -> Answer:
    origin = environ.get("HTTP_ORIGIN")
    try:
        return door(environ)
    except Problem as problem:
        return problem_answer(problem, origin)
    except OUTAGES:
        return outage_answer(origin)
    except Exception:  # noqa: BLE001 - an answer is owed, as Flask would give it
        _log.exception("a door failed", extra={"route": environ[ROUTE]})  # never the path
        return error_answer(InternalServerError(), origin)
