"""Verbs of the monthly review: which month waits, what is in it, signing it off.

A month is signed once it is over; whoever looks again adds a review, nothing is changed. The entry
in the access log names the review by its digest, so a review that vanishes is missed (verifying).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, RowMapping, insert, select

from consent_server import clock
from consent_server.audit.chain import Entry, Fault, faults_within
from consent_server.audit.services import (
    Act,
    LogFilter,
    each_entry,
    oldest_act_at,
    record_act,
    sources_before,
)
from consent_server.errors import N_, CommandError
from consent_server.reviews.models import LogReview
from consent_server.reviews.months import Month
from consent_server.reviews.rules import MonthSeen, OpenCopy, marks_of, summary_of
from consent_server.reviews.statement import Review, canonical, digest_of, reference_of
from consent_server.signing import CertificateKey
from consent_server.storage.database import table_of
from consent_server.storage.turns import take_turn

FINDING_CHARACTERS: Final = 2000
State = Literal["running", "reviewed", "waiting", "overdue"]
OpenCopies = Callable[[datetime, datetime], Sequence[OpenCopy]]


@dataclass(frozen=True, slots=True)
class MonthStands:
    """How the review of a month stands. due_on: the last day on which it is in time."""

    month: Month
    state: State
    due_on: date
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Reviews of one deployment.

    zone: of the law, whose months are looked at. due_days: after a month's end. open_copies: asks
    which copies were exported between two instants and are not said to be destroyed.
    """

    engine: Engine
    key: CertificateKey
    zone: ZoneInfo
    due_days: int
    open_copies: OpenCopies

    def months(self) -> list[MonthStands]:
        """Returns the present month and all before it that have entries or a review, newest first.

        A month in which nothing was done is reviewed as well: that is a fact, too.
        """
        by_month: dict[Month, list[Review]] = {}
        for review in self.reviews():
            by_month.setdefault(review.of_month, []).append(review)
        present = Month.of(clock.now(), self.zone)
        oldest = oldest_act_at(self.engine)
        first = present if oldest is None else Month.of(oldest, self.zone)
        months, month = set(by_month), min(first, present)
        while month <= present:
            months.add(month)
            month = month.next
        return [self._stands(month, by_month.get(month, ())) for month in sorted(months)[::-1]]

    def stands(self, month: Month) -> MonthStands:
        """Returns how one month stands."""
        return self._stands(month, self.reviews(month))

    def _stands(self, month: Month, reviews: Sequence[Review]) -> MonthStands:
        now, due_on = clock.now(), month.due_on(self.due_days)
        state: State = "waiting"
        if month >= Month.of(now, self.zone):
            state = "running"
        elif reviews:
            state = "reviewed"
        elif now.astimezone(self.zone).date() > due_on:
            state = "overdue"
        return MonthStands(month, state, due_on, tuple(reviews))

    def count_overdue(self) -> int:
        """Returns how many months nobody has reviewed although their day has passed."""
        return sum(each.state == "overdue" for each in self.months())

    def reviews(self, month: Month | None = None) -> list[Review]:
        """Returns all reviews, or those of a month, in the order in which they were signed."""
        query = select(_REVIEWS).order_by(_REVIEWS.c.month, _REVIEWS.c.number)
        if month is not None:
            query = query.where(_REVIEWS.c.month == month.first)
        with self.engine.connect() as connection:
            return [_review(row) for row in connection.execute(query).mappings()]

    def entries(self, month: Month) -> Iterator[Entry]:
        """Yields the entries of a month by row number."""
        since, until = month.begins_at(self.zone), month.ends_at(self.zone)
        return each_entry(self.engine, LogFilter(since=since, until=until))

    def look(self, month: Month) -> MonthSeen:
        """Returns what is in a month now."""
        known = sources_before(self.engine, month.begins_at(self.zone))
        seen = MonthSeen(self.zone, known)
        for entry in self.entries(month):
            seen.add(entry)
        return seen

    def copies(self, month: Month) -> Sequence[OpenCopy]:
        """Returns what was exported in a month and is not said to be destroyed."""
        return self.open_copies(month.begins_at(self.zone), month.ends_at(self.zone))

    def faults(self, month: Month, limit: int = 20) -> list[Fault]:
        """Returns what is not as it was written in a month, at most so much of it."""
        return list(islice(faults_within(self.entries(month), self.key.public), limit))

    def sign(self, month: Month, reviewer: str, finding: str, *, number: int) -> Review:
        """Signs a month off, in a transaction of its own, and writes it into the access log.

        number: of the review that will be added, as the reviewer saw it, so that the same form
        counts once. Raises CommandError when the month is not over, was signed meanwhile, or the
        finding is empty or too long.
        """
        if month >= Month.of(clock.now(), self.zone):
            raise CommandError(N_("A month is reviewed when it is over."))
        if not 0 < len(finding) <= FINDING_CHARACTERS:
            raise CommandError(
                N_("Write a finding of 1 to %(limit)s characters."), limit=FINDING_CHARACTERS
            )
        review = self._signed(month, reviewer, finding, number)
        with self.engine.execution_options(writes=True).begin() as connection:
            take_turn(connection, _REVIEWS)
            known = select(_REVIEWS.c.number).where(_REVIEWS.c.month == month.first)
            if number != len(connection.scalars(known).all()) + 1:
                raise CommandError(
                    N_("Somebody signed this month meanwhile; read that review first.")
                )
            connection.execute(insert(_REVIEWS), [asdict(review)])
        record_act(Act(operator=reviewer, act="log.review", reference=reference_of(review)))
        return review

    def _signed(self, month: Month, reviewer: str, finding: str, number: int) -> Review:
        seen = self.look(month)
        seen.broken = len(self.faults(month))
        draft = Review(
            month=month.first,
            number=number,
            reviewer=reviewer,
            at=clock.now(),
            finding=finding,
            acts=seen.counts["acts"],
            grants=seen.counts["grants"],
            own_acts=seen.by[reviewer],
            last_number=seen.last_number,
            acts_sha256=seen.sha256("acts"),
            grants_sha256=seen.sha256("grants"),
            summary=summary_of(seen, marks_of(seen, self.copies(month))),
            public_key=self.key.public,
        )
        return replace(draft, digest=digest_of(draft), signature=self.key.sign(canonical(draft)))


def _review(row: RowMapping) -> Review:
    stated: dict[str, Any] = {name: row[name] for name in row if name != "id"}
    return Review(**stated)


_REVIEWS = table_of(LogReview)
