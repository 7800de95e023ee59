"""Verbs about grants: who gives which role where; each is one transaction on the main database.

Nobody changes what he may do himself, and the last owner of all sites stays. What was granted and
taken back stays on record for three years (Safety Standard art. 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from consent_server import clock
from consent_server.audit.services import COMMAND_LINE, Act, record_act
from consent_server.errors import N_, CommandError
from consent_server.operators.access_models import Grant, Invitation
from consent_server.operators.models import Operator
from consent_server.operators.rules import ROLES
from consent_server.operators.sessions import forget_sessions
from consent_server.sites.models import Site
from consent_server.storage.database import begin_write, db

HISTORY_KEPT: Final = timedelta(days=3 * 365 + 1)  # three years, a leap day among them


class NotYourself(CommandError):
    """An operator tried to change what he may do himself."""


class LastOwner(CommandError):
    """There would be no owner of all sites left."""


def check_role(role: str) -> None:
    """Raises CommandError when there is no such role."""
    if role not in ROLES:
        raise CommandError(
            N_("%(role)r is no role; use one of %(roles)s."), role=role, roles=", ".join(ROLES)
        )


def grant_role(email: str, role: str, site_id: int | None, *, by: str = COMMAND_LINE) -> None:
    """Gives an operator a role on one site, or on all (None), and ends his sessions.

    by: account name of who does it. Raises CommandError, NotYourself included.
    """
    check_role(role)
    operator = operator_to_change(email, by)
    if any(grant.role == role and grant.site_id == site_id for grant in _in_force(operator.id)):
        db.session.rollback()
        return
    add_grant(operator.id, role, site_id, by)
    forget_sessions(operator.id)
    db.session.commit()
    _tell("operator.grant", operator.email, role, site_id, by)


def add_grant(operator_id: int, role: str, site_id: int | None, by: str) -> None:
    """Adds a grant as part of the caller's transaction."""
    db.session.add(
        Grant(
            operator_id=operator_id,
            role=role,
            site_id=site_id,
            granted_by=by,
            granted_at=clock.now(),
        )
    )


def take_back(grant_id: int, *, by: str = COMMAND_LINE) -> None:
    """Ends a grant and the sessions of whoever had it.

    Raises CommandError when there is no such grant in force, NotYourself, LastOwner.
    """
    begin_write()
    email = db.session.scalar(
        select(Operator.email)
        .join(Grant, Grant.operator_id == Operator.id)
        .where(Grant.id == grant_id, Grant.ended_at.is_(None))
    )
    if email is None:
        db.session.rollback()
        raise CommandError(N_("This role has been taken back already."))
    operator = operator_to_change(email, by)
    grant = db.session.get_one(Grant, grant_id)
    _keep_an_owner_besides(grant)
    grant.ended_by, grant.ended_at = by, clock.now()
    _void_invitations_of(operator.email)
    forget_sessions(operator.id)
    db.session.commit()
    _tell("operator.revoke", operator.email, grant.role, grant.site_id, by)


def end_all_grants(operator: Operator, by: str) -> None:
    """Ends what an operator may do, as part of the caller's transaction. Raises LastOwner."""
    for grant in _in_force(operator.id):
        _keep_an_owner_besides(grant)
        grant.ended_by, grant.ended_at = by, clock.now()
    _void_invitations_of(operator.email)


def operator_to_change(email: str, by: str) -> Operator:
    """Begins to write and returns the account of an address.

    Raises CommandError when there is none, NotYourself when it is the one who asks.
    """
    begin_write()
    query = select(Operator).where(Operator.email == email.strip().lower()).with_for_update()
    operator = db.session.scalar(query)
    if operator is None:
        db.session.rollback()
        raise CommandError(N_("%(email)s has no account; see `operators list`."), email=email)
    if operator.email == by:
        db.session.rollback()
        raise NotYourself(N_("Nobody changes what he may do himself; ask another owner."))
    return operator


def grants_of(operator_id: int) -> Sequence[Grant]:
    """Returns all grants on record, those in force included, newest first."""
    query = select(Grant).where(Grant.operator_id == operator_id).order_by(Grant.id.desc())
    return db.session.scalars(query).all()


def forget_old_grants() -> int:
    """Removes what was taken back more than three years ago; returns how many."""
    is_old = Grant.ended_at < clock.now() - HISTORY_KEPT
    has_old = db.session.scalar(select(Grant.id).where(is_old).limit(1)) is not None
    db.session.rollback()
    if not has_old:
        return 0  # asked every minute: nobody else waits for a write of nothing
    begin_write()
    gone = db.session.execute(delete(Grant).where(is_old))
    db.session.commit()
    return int(gone.rowcount)  # type: ignore[attr-defined]  # of a DELETE


def _in_force(operator_id: int) -> Sequence[Grant]:
    query = select(Grant).where(Grant.operator_id == operator_id, Grant.ended_at.is_(None))
    return db.session.scalars(query).all()


def _void_invitations_of(email: str) -> None:
    """Ends the invitations of whoever loses a role: nobody comes back by one that he made."""
    db.session.execute(delete(Invitation).where(Invitation.invited_by == email))


def _keep_an_owner_besides(grant: Grant) -> None:
    """Raises LastOwner when this grant is the last that owns all sites.

    The rows are locked in order: two owners who dismiss each other at once do not both succeed.
    """
    if grant.role != "owner" or grant.site_id is not None:
        return
    owners = (
        select(Grant)
        .join(Operator, Operator.id == Grant.operator_id)
        .where(
            Grant.role == "owner",
            Grant.site_id.is_(None),
            Grant.ended_at.is_(None),
            Operator.active,
        )
        .order_by(Grant.id)
        .with_for_update(of=Grant)
        .execution_options(populate_existing=True)
    )
    if not [other for other in db.session.scalars(owners) if other.id != grant.id]:
        db.session.rollback()
        raise LastOwner(N_("The last owner stays: make another owner of all sites first."))


def _tell(act: str, email: str, role: str, site_id: int | None, by: str) -> None:
    record_act(Act(operator=by, act=act, site_id=site_id, reason=role, reference=email))


def site_id_of(key: str | None) -> int | None:
    """Returns the row number of a site's key, None for none. Raises CommandError if unknown."""
    if not key:
        return None
    known = select(Site.id).where(Site.key == key)
    site_id = db.session.scalar(known) if key.isalnum() else None  # PostgreSQL refuses a NUL
    if site_id is None:
        raise CommandError(N_("There is no site with the key %(key)r; see `sites list`."), key=key)
    return site_id
