"""What a legal hold may be: its bases, its bounds, what it covers. Pure.

Sources: PIPA art. 21(1) proviso and 21(3) (what another law makes one keep is kept apart), Civil
Procedure Act art. 375 (preservation of evidence), Criminal Procedure Act art. 215 and 219.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from consent_server.errors import N_, CommandError
from consent_server.web.client_address import normal_address

BASES: Final = ("court", "investigation", "litigation", "authority")
LONGEST: Final = timedelta(days=366)  # from the day of opening or extending
NAME_CHARACTERS: Final = 200
REASON_CHARACTERS: Final = 500  # as wide as the column of the access log

EVERYTHING: Final = "site"
ADDRESS: Final = "address"
VISITOR: Final = "visitor"
NARROWED_BY: Final = (EVERYTHING, ADDRESS, VISITOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """What an operator says about a hold.

    since, until: aware; visits recorded from the one on and before the other, None = no bound.
    narrowed_by: one of NARROWED_BY; sought: the address or visitor id, "" for a whole site.
    reason: why it is opened, for the access log.
    """

    name: str
    basis: str
    reference: str
    officer: str
    site_id: int
    ends_at: datetime
    reason: str
    since: datetime | None = None
    until: datetime | None = None
    narrowed_by: str = EVERYTHING
    sought: str = ""


def check_new(new: NewHold, now: datetime) -> None:
    """Raises CommandError, in one line, when a hold cannot be opened as it is."""
    for words, text in (
        (N_("A hold needs a name of 1 to %(limit)s characters."), new.name),
        (N_("A hold needs an officer of 1 to %(limit)s characters."), new.officer),
        (N_("A hold needs a reference of 1 to %(limit)s characters."), new.reference),
    ):
        if not 0 < len(text.strip()) <= NAME_CHARACTERS:
            raise CommandError(words, limit=NAME_CHARACTERS)
    if new.basis not in BASES:
        raise CommandError(
            N_("%(basis)r is no basis; use one of %(bases)s."),
            basis=new.basis,
            bases=", ".join(BASES),
        )
    if new.narrowed_by not in NARROWED_BY:
        raise CommandError(
            N_("%(chosen)r is none of %(choices)s."),
            chosen=new.narrowed_by,
            choices=", ".join(NARROWED_BY),
        )
    if new.since and new.until and new.until <= new.since:
        raise CommandError(N_("The period of the visits ends before it begins."))
    check_reason(new.reason)
    check_end(new.ends_at, now)
    normal_sought(new.narrowed_by, new.sought)


def check_end(ends_at: datetime, now: datetime) -> None:
    """Raises CommandError unless a hold may end then."""
    if ends_at <= now:
        raise CommandError(N_("A hold must end in the future."))
    if ends_at > now + LONGEST:
        raise CommandError(N_("A hold ends within a year; extend it when that is near."))


def check_reason(reason: str) -> str:
    """Returns the reason. Raises CommandError without one."""
    if not 0 < len(reason.strip()) <= REASON_CHARACTERS:
        raise CommandError(N_("Say why, in 1 to %(limit)s characters."), limit=REASON_CHARACTERS)
    return reason.strip()


def normal_sought(narrowed_by: str, sought: str) -> str:
    """Returns an address or visitor id as records have it. Raises CommandError when it is none.

    The message never repeats what was typed: it may be an address.
    """
    if narrowed_by == EVERYTHING:
        return ""
    normal = normal_address(sought) if narrowed_by == ADDRESS else _normal_id(sought)
    if not normal:
        raise CommandError(
            N_("What was given is no address.")
            if narrowed_by == ADDRESS
            else N_("What was given is no visitor id.")
        )
    return normal


def _normal_id(text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return ""
