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
                return redirect(url_for("security.login", next=request.full_path))  # type: ignore[return-value]
            if not has_role(role):
                abort(403)
            return view(*args, **kwargs)

        guarded.role = role  # type: ignore[attr-defined]  # read by the role matrix test
        return guarded_by("operator")(guarded)

    return guard


def has_role(role: RoleName) -> bool:
    """Whether the operator who is signed in has this role or a higher one."""
    return any(current_user.has_role(name) for name in ROLES[ROLES.index(role) :])


def operator_name() -> str:
    """Returns the account name for the access log."""
    return str(current_user.email)
