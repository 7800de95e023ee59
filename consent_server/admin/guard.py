"""The one guard of the console: signed in, and with a role that is high enough.

viewer sees sites and consent records; handler also reads and exports personal data; owner also
changes sites and reads the access log. A page without this decorator fails tests/house.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final, Literal, ParamSpec, TypeVar

from flask import abort, redirect, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from consent_server.web.guard import guarded_by

RoleName = Literal["viewer", "handler", "owner"]
ROLES: Final[tuple[RoleName, ...]] = ("viewer", "handler", "owner")  # each includes those before

P = ParamSpec("P")
R = TypeVar("R")


def operator_page(role: RoleName) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets only operators with `role` or a higher one see a page; others sign in, or get 403."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return _to_sign_in()  # type: ignore[return-value]  # an answer, as R is
            if not has_role(role):
                abort(403)
            return view(*args, **kwargs)

        guarded.role = role  # type: ignore[attr-defined]  # read by the role matrix test
        return guarded_by("operator")(guarded)

    return guard


def _to_sign_in() -> Response:
    """Leads to the sign-in, and from there back: only an address that can be read again."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("security.login", next=back))


def has_role(role: RoleName) -> bool:
    """Whether the operator who is signed in has this role or a higher one."""
    return any(current_user.has_role(name) for name in ROLES[ROLES.index(role) :])


def operator_name() -> str:
    """Returns the account name for the access log."""
    return str(current_user.email)
