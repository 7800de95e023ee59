"""What a role may do, and what an operator's grants come to; decisions only.

A grant is one role on one site, or on all sites. Whoever changes something needs the right for it
there. An auditor reads everything and changes nothing: `everything.read` opens pages, no forms.
Law: least privilege and few handlers (PIPA art. 29, Safety Standard art. 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

Right = Literal[
    "records.read",  # sites, notices, consent records, counts
    "personal.read",  # visits and requests of people
    "personal.handle",  # export them, answer requests
    "notices.change",  # notices and the banner
    "duties.decide",  # approvals, certificates, rights, reviews
    "log.read",
    "log.review",  # sign a month of it off
    "operators.read",
    "everything.read",
    "everything.change",  # sites, operators, settings
]
RoleName = Literal["viewer", "handler", "editor", "officer", "auditor", "owner"]
Duty = Literal["second factor", "password", "recovery codes"]

ROLES: Final[tuple[RoleName, ...]] = get_args(RoleName)
_READS: Final[frozenset[Right]] = frozenset({"records.read"})
_HANDLES: Final[frozenset[Right]] = _READS | {"personal.read", "personal.handle"}
RIGHTS: Final[Mapping[RoleName, frozenset[Right]]] = {
    "viewer": _READS,
    "handler": _HANDLES,
    "editor": _READS | {"notices.change"},
    "officer": _HANDLES | {"duties.decide", "log.read", "log.review", "operators.read"},
    "auditor": _READS | {"personal.read", "log.read", "operators.read", "everything.read"},
    "owner": frozenset(get_args(Right)),
}
# pages may ask for a role by name: then it is the right that this role is there for
RIGHT_OF_ROLE: Final[Mapping[str, Right]] = {
    "viewer": "records.read",
    "handler": "personal.handle",
    "editor": "notices.change",
    "officer": "duties.decide",
    "auditor": "everything.read",
    "owner": "everything.change",
}
PERSONAL: Final[frozenset[Right]] = frozenset({"personal.read", "personal.handle"})


@dataclass(frozen=True, slots=True)
class Held:
    """One grant in force. site_id: None means all sites, also those that come later."""

    role: str
    site_id: int | None = None


def right_of(name: str) -> Right:
    """Returns the right that a page means by the name of a right or of a role."""
    if name in RIGHT_OF_ROLE:
        return RIGHT_OF_ROLE[name]
    if name not in get_args(Right):
        raise ValueError(f"{name!r} is neither a right nor a role")
    return name  # type: ignore[return-value]  # just checked


def sites_with(held: Iterable[Held], right: Right) -> frozenset[int] | None:
    """Returns the sites on which grants give a right; None: on all, empty: on none."""
    sites = set()
    for grant in held:
        if right not in RIGHTS.get(grant.role, ()):  # type: ignore[call-overload]  # a role of later
            continue
        if grant.site_id is None:
            return None
        sites.add(grant.site_id)
    return frozenset(sites)


def has_right(held: Iterable[Held], right: Right) -> bool:
    """Whether grants give a right on any site at all."""
    return sites_with(held, right) != frozenset()


def has_right_everywhere(held: Iterable[Held], right: Right) -> bool:
    """Whether grants give a right on all sites."""
    return sites_with(held, right) is None


def has_right_on(held: Iterable[Held], right: Right, site_id: int) -> bool:
    """Whether grants give a right on one site."""
    sites = sites_with(held, right)
    return sites is None or site_id in sites


def sees_personal_data(held: Iterable[Held]) -> bool:
    """Whether the stricter rules hold: second factor, age of the password, training."""
    return has_right(tuple(held), "personal.read")


def needs_second_factor(held: Iterable[Held], policy: str) -> bool:
    """Whether a second factor must be shown. policy: `personal`, `all` or `off`."""
    if policy == "personal":
        return sees_personal_data(held)
    return policy == "all"


def may_lose_factor(held: Iterable[Held], policy: str, others: int) -> bool:
    """Whether one second factor may be removed. others: how many remain."""
    return others > 0 or not needs_second_factor(held, policy)


def password_is_old(
    held: Iterable[Held], changed_at: datetime, max_days: int, now: datetime
) -> bool:
    """Whether a password must be renewed first. max_days: 0 means never."""
    if max_days == 0 or not sees_personal_data(held):
        return False
    return now - changed_at >= timedelta(days=max_days)
