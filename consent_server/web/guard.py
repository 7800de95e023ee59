"""Every route says who may use it; a test walks all routes and fails where one does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

View = TypeVar("View", bound=Callable[..., object])
Guard = Literal[
    "public", "origin", "own page", "visitor token", "invitation", "sign-in", "token", "operator"
]


def guarded_by(guard: Guard) -> Callable[[View], View]:
    """Declares who may use a view; the check itself is made where the words are known.

    public: anyone. origin: pages of an allowed origin. own page: forms of this service's pages
    (web.csrf). visitor token: the holder of a token. invitation: the holder of a link that makes
    an account. sign-in: whoever is on the way in (operators.passkey_views). token: a machine with
    a token that has the scope (operators.tokens). operator: someone signed in to the console
    (admin.guard checks the right).
    """

    def declare(view: View) -> View:
        view.guard = guard  # type: ignore[attr-defined]  # read by tests/house
        return view

    return declare
