"""Reads decisions by device and by country as they may be shown. Costs the same for any number."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select

from consent_server.statistics.circumstance_rules import BOT, COUNTRY, DEVICE
from consent_server.statistics.decision_rules import (
    ACTION,
    GRANTED,
    REFUSED,
    Split,
    pooled,
    split,
)
from consent_server.statistics.decisions import Group
from consent_server.statistics.models import CircumstanceCount
from consent_server.storage.database import table_of
from consent_server.storage.replica import reading_engine

_COUNTS = table_of(CircumstanceCount)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Answers by device and country, largest first; "" among groups is all that are too few.

    splits: dimension -> value -> purpose -> how it was decided. robots: answers of robots.
    """

    devices: Sequence[Group] = ()
    countries: Sequence[Group] = ()
    splits: Mapping[str, Mapping[str, Mapping[str, Split | None]]] = field(default_factory=dict)
    robots: int = 0

    @property
    def purposes(self) -> list[str]:
        """All purposes that were asked."""
        of_values = [each for values in self.splits.values() for each in values.values()]
        return sorted({purpose for splits in of_values for purpose in splits})


@dataclass(frozen=True, slots=True)
class CircumstanceReader:
    """Reads. least: what a number must be to be shown."""

    least: int

    def of(self, sites: Sequence[int], first: date, last: date) -> Circumstances:
        """Returns what was answered on some sites; call in an application context."""
        c = _COUNTS.c
        kind = (c.dimension, c.value, c.what, c.decided)
        query = (
            select(*kind, func.sum(c.records))
            .where(c.site_id.in_(sites), c.day.between(first, last))
            .group_by(*kind)
        )
        answers: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        decided: dict[str, dict[str, Counter[tuple[str, str]]]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        with reading_engine().connect() as connection:
            for dimension, value, what, name, records in connection.execute(query):
                if what == ACTION:
                    answers[dimension][value][name] += int(records)
                else:
                    decided[dimension][value][what, name] += int(records)
        robots = answers[DEVICE].pop(BOT, Counter()).total()
        groups = {name: self._groups(answers[name]) for name in (DEVICE, COUNTRY)}
        return Circumstances(
            devices=groups[DEVICE],
            countries=groups[COUNTRY],
            splits={
                name: {
                    group.value: self._splits(decided[name][group.value])
                    for group in found
                    if group.value in decided[name]
                }
                for name, found in groups.items()
            },
            robots=robots if robots >= self.least else 0,
        )

    def _groups(self, found: Mapping[str, Counter[str]]) -> list[Group]:
        totals, rest = pooled({value: each.total() for value, each in found.items()}, self.least)
        groups = [Group(v, total, *pooled(found[v], self.least)) for v, total in totals.items()]
        return groups if rest < self.least else [*groups, Group("", rest, {}, rest)]

    def _splits(self, found: Counter[tuple[str, str]]) -> dict[str, Split | None]:
        return {
            purpose: split(found[GRANTED, purpose], found[REFUSED, purpose], self.least)
            for purpose in sorted({name for _, name in found})
        }
