"""The one guard of the console: signed in, with the right for this page on the site it is about.

A page asks for a right of operators.rules, or for the role that stands for it. Where the address
names a site, the right must hold there. A page without one needs the right on all sites, unless it
says that it shows only `granted_sites()`: so a page that forgets them is closed to those who have
one site, not open. Whoever sees personal data proved who he is within the last 15 minutes.
A page without this decorator fails tests/house.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from flask import abort, current_app, redirect, request, url_for
from flask_security import current_user
from flask_security.utils import check_and_update_authn_fresh, get_request_attr
from werkzeug.wrappers import Response

from consent_server import clock
from consent_server.errors import CommandError
from consent_server.operators.policy import settings_in_force
from consent_server.operators.rules import (
    PERSONAL,
    ROLES,
    Duty,
    Right,
    has_right,
    has_right_everywhere,
    has_right_on,
    needs_second_factor,
    password_is_old,
    right_of,
    sees_personal_data,
    sites_with,
)
from consent_server.operators.second_factor import FRESH_FOR
from consent_server.sites.services import all_sites, find_site
from consent_server.web.guard import guarded_by

if TYPE_CHECKING:
    from consent_server.sites.models import Site

P = ParamSpec("P")
R = TypeVar("R")

_PAGE_OF_DUTY: dict[Duty, str] = {
    "second factor": "security.two_factor_setup",
    "password": "security.change_password",
    "recovery codes": "security.mf_recovery_codes",
}


def operator_page(
    needed: str, *, of_granted_sites: bool = False, of_personal_data: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets only operators with a right see a page; others sign in, or get 403.

    needed: a right, or a role (viewer, handler, editor, officer, auditor, owner) for its right.
    of_granted_sites: the page shows nothing but what belongs to `granted_sites()`.
    of_personal_data: asks for the proof of who it is, as pages do whose right is about such data.
    """
    right = right_of(needed)
    is_personal = of_personal_data or right in PERSONAL

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return _to_sign_in()  # type: ignore[return-value]  # an answer, as R is
            if (duty := present_duty()) is not None:
                return redirect(url_for(_PAGE_OF_DUTY[duty]))  # type: ignore[return-value]
            _refuse_without(right, kwargs, of_granted_sites)
            if is_personal and training_is_due():
                abort(403)
            if is_personal and not is_fresh():
                return to_confirm()  # type: ignore[return-value]
            return view(*args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]  # read by the role matrix test
        guarded.of_granted_sites = of_granted_sites  # type: ignore[attr-defined]
        return guarded_by("operator")(guarded)

    return guard


def own_page(view: Callable[P, R]) -> Callable[P, R]:
    """Lets every operator see a page about himself, also one who still has a duty to do."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not current_user.is_authenticated:
            return _to_sign_in()  # type: ignore[return-value]
        return view(*args, **kwargs)

    guarded.right = "own"  # type: ignore[attr-defined]
    return guarded_by("operator")(guarded)


def own_fresh_page(view: Callable[P, R]) -> Callable[P, R]:
    """As own_page, for what lets in: whoever opens it proved who he is within 15 minutes."""

    @wraps(view)
    def fresh(*args: P.args, **kwargs: P.kwargs) -> R:
        if not is_fresh():
            return to_confirm()  # type: ignore[return-value]
        return view(*args, **kwargs)

    return own_page(fresh)


def _refuse_without(right: Right, kwargs: dict[str, Any], of_granted_sites: bool) -> None:
    """Answers with 403 without the right, with 404 for a site of which nothing may be known."""
    rights: list[Right] = [right]
    if request.method == "GET":
        rights.append("everything.read")
    key = kwargs.get("key") or kwargs.get("site_key")
    if key is not None:
        site_id = _site_named(key).id
        if not any(has_right_on(_held(), each, site_id) for each in rights):
            abort(403 if has_right_on(_held(), "records.read", site_id) else 404)
    elif not any(
        has_right(_held(), each) if of_granted_sites else has_right_everywhere(_held(), each)
        for each in rights
    ):
        abort(403)


def _site_named(key: str) -> Site:
    if not key.isalnum():  # no key of ours, and PostgreSQL refuses to look for a NUL
        abort(404)
    try:
        return find_site(key)
    except CommandError:
        abort(404)


def present_duty() -> Duty | None:
    """Returns what the operator has to do before anything else."""
    settings, held = settings_in_force(), _held()
    if needs_second_factor(held, settings.second_factor_policy) and not _has_second_factor():
        return "second factor"
    changed_at = current_user.password_changed_at
    if password_is_old(held, changed_at, settings.password_days, clock.now()):
        return "password"
    if current_user.has_second_factor and not current_user.mf_recovery_codes:
        return "recovery codes"
    return None


def _has_second_factor() -> bool:
    return bool(current_user.has_second_factor)


def training_is_due() -> bool:
    """Whether an operator is kept from personal data until he was trained (PIPA art. 28)."""
    days = settings_in_force().training_days
    if days == 0 or not sees_personal_data(_held()):
        return False
    trained_on = current_user.trained_on
    return trained_on is None or clock.now().date() - trained_on >= timedelta(days=days)


def is_fresh() -> bool:
    """Whether the operator proved who he is within the last 15 minutes."""
    how = get_request_attr("fs_authn_via")
    return bool(check_and_update_authn_fresh(FRESH_FOR, timedelta(0), how))


def _to_sign_in() -> Response:
    """Leads to the sign-in, and from there back: only an address that can be read again."""
    return redirect(url_for("security.login", next=_way_back()))


def to_confirm() -> Response:
    """Leads to the page that asks for the password, and from there back."""
    return redirect(url_for("security.verify", next=_way_back() or request.path))


def _way_back() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else None


def _held() -> Any:
    return current_user.held


def may(needed: str, site_id: int | None = None) -> bool:
    """Whether the operator has a right (or that of a role) on a site; None: on any at all."""
    right = right_of(needed)
    return has_right(_held(), right) if site_id is None else has_right_on(_held(), right, site_id)


def may_everywhere(needed: str) -> bool:
    """Whether the operator has a right (or that of a role) on all sites."""
    return has_right_everywhere(_held(), right_of(needed))


def may_open(endpoint: str) -> bool:
    """Whether a page without a site in its address opens for the operator."""
    view = current_app.view_functions[endpoint]
    right: Any = getattr(view, "right", "everything.change")
    is_limited = getattr(view, "of_granted_sites", False)
    if right == "own":
        return True
    test = has_right if is_limited else has_right_everywhere
    return test(_held(), right) or test(_held(), "everything.read")


def has_role(name: str) -> bool:
    """Whether the operator has the right that a role stands for, on any site."""
    return may(name)


def granted_sites(needed: str = "records.read") -> list[Site]:
    """Returns the sites on which the operator has a right, by name."""
    granted = sites_with(_held(), right_of(needed))
    return [site for site in all_sites() if granted is None or site.id in granted]


def check_site(site_id: int, needed: str = "records.read") -> None:
    """Answers with 404 when what was asked for belongs to a site without that right."""
    if not may(needed, site_id):
        abort(404)


def roles_held() -> list[str]:
    """Returns the roles of the operator, the strongest last."""
    return [role for role in ROLES if any(held.role == role for held in _held())]


def operator_name() -> str:
    """Returns the account name for the access log."""
    return str(current_user.email)
