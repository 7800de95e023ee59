"""An announced version: seven days before its day, in force on its day by itself, on every node."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from consent_server import clock
from consent_server.errors import CommandError, NotPublished
from consent_server.policies.announcing import Announcement, announce, cancel
from consent_server.policies.notice_period import NoticePeriod
from consent_server.policies.schemas import Purpose
from consent_server.policies.services import (
    find_version,
    publish,
    state_of,
    versions_of,
)
from support.shop import NOTICE, Shop

SEOUL = ZoneInfo("Asia/Seoul")
PERIOD = NoticePeriod(7, SEOUL)
CLEAR = NoticePeriod(8, SEOUL)
WORDS = {"ko": "협력사 공유", "en": "Sharing with partners"}
MORE = msgspec.structs.replace(
    NOTICE, purposes=(*NOTICE.purposes, Purpose(key="partners", names=WORDS, texts=WORDS))
)
SetClock = Callable[[datetime], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Turns the clock of the whole process."""
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def in_seoul(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=SEOUL).astimezone(UTC)


@pytest.fixture
def on_the_17th(shop: Shop, set_clock: SetClock) -> Shop:
    """The shop on the day when the founding policy was announced, at one in the night."""
    set_clock(in_seoul(2027, 10, 17, 1))
    return shop


def announce_for(shop: Shop, day: date, announced_on: date | None = None) -> int:
    with shop.app.app_context():
        return announce(shop.id, MORE, Announcement(day, announced_on), PERIOD).number


GAPS = [
    (PERIOD, date(2017, 10, 17), date(2017, 10, 24), True),
    (PERIOD, date(2017, 10, 18), date(2017, 10, 24), False),
    (PERIOD, date(2017, 10, 17), date(2017, 10, 17), False),
    (PERIOD, date(2017, 12, 26), date(2018, 1, 2), True),
    (CLEAR, date(2017, 10, 17), date(2017, 10, 24), False),
    (CLEAR, date(2017, 10, 17), date(2017, 10, 25), True),
]


@pytest.mark.parametrize(("period", "announced", "effective", "is_enough"), GAPS)
def test_fewer_than_seven_days_are_refused(
    period: NoticePeriod, announced: date, effective: date, is_enough: bool
) -> None:
    if is_enough:
        period.check(announced, effective)
    else:
        with pytest.raises(CommandError, match="first day possible"):
            period.check(announced, effective)


def test_the_days_are_those_of_the_zone_of_the_law(on_the_17th: Shop) -> None:
    """At one in the night of the 17th in Seoul it is still the 16th in Greenwich."""
    with pytest.raises(CommandError, match="2027-10-24 is the first day"):
        announce_for(on_the_17th, date(2027, 10, 23))

    assert announce_for(on_the_17th, date(2027, 10, 24)) == 2


def test_an_announced_version_is_in_force_from_the_first_instant_of_its_day(
    on_the_17th: Shop, set_clock: SetClock
) -> None:
    announce_for(on_the_17th, date(2027, 10, 24))
    policies = on_the_17th.house.policies
    midnight = in_seoul(2027, 10, 24)

    set_clock(midnight - timedelta(microseconds=1))
    before = policies.present(on_the_17th.id)
    set_clock(midnight)
    after = policies.present(on_the_17th.id)

    assert before.numbers == (1, 2)
    assert after.numbers == (2, None)


def test_nobody_is_told_before_the_day_of_the_announcement(
    on_the_17th: Shop, set_clock: SetClock
) -> None:
    announce_for(on_the_17th, date(2027, 11, 1), announced_on=date(2027, 10, 20))
    policies = on_the_17th.house.policies

    assert policies.present(on_the_17th.id).numbers == (1, None)
    set_clock(in_seoul(2027, 10, 20))
    assert policies.present(on_the_17th.id).numbers == (1, 2)


def test_what_a_site_shows_is_one_object_while_it_lasts(on_the_17th: Shop) -> None:
    announce_for(on_the_17th, date(2027, 10, 24))
    policies = on_the_17th.house.policies

    assert policies.present(on_the_17th.id) is policies.present(on_the_17th.id)


def test_an_announcement_cannot_lie_in_the_past(on_the_17th: Shop) -> None:
    with pytest.raises(CommandError, match="is past"):
        announce_for(on_the_17th, date(2027, 10, 24), announced_on=date(2027, 10, 16))


def test_nothing_else_is_published_while_a_version_waits(on_the_17th: Shop) -> None:
    announce_for(on_the_17th, date(2027, 10, 24))

    with on_the_17th.app.app_context():
        with pytest.raises(CommandError, match="policies cancel"):
            publish(on_the_17th.id, NOTICE)
        with pytest.raises(CommandError, match="policies cancel"):
            announce(on_the_17th.id, MORE, Announcement(date(2027, 12, 1)), PERIOD)

        assert len(versions_of(on_the_17th.id)) == 2


def test_a_version_that_is_called_off_never_comes_into_force(
    on_the_17th: Shop, set_clock: SetClock
) -> None:
    announce_for(on_the_17th, date(2027, 10, 24))
    with on_the_17th.app.app_context():
        cancel(on_the_17th.id, "The partners are not ready.")
        publish(on_the_17th.id, NOTICE)
    set_clock(in_seoul(2027, 10, 25))

    with on_the_17th.app.app_context():
        found = versions_of(on_the_17th.id)
        states = {version.number: state_of(version, 3) for version in found}

        assert find_version(on_the_17th.id).number == 3
    assert states == {3: "in force", 2: "cancelled", 1: "earlier"}
    assert on_the_17th.house.policies.present(on_the_17th.id).numbers == (3, None)


def test_nothing_is_called_off_at_the_last_moment_or_without_a_reason(
    on_the_17th: Shop, set_clock: SetClock
) -> None:
    announce_for(on_the_17th, date(2027, 10, 24))
    with on_the_17th.app.app_context():
        with pytest.raises(CommandError, match="why"):
            cancel(on_the_17th.id, " ")
        set_clock(in_seoul(2027, 10, 24) - timedelta(seconds=59))
        with pytest.raises(CommandError, match="nothing to call off"):
            cancel(on_the_17th.id, "Too late.")


def test_something_new_is_refused_at_once_unless_a_reason_is_told_to_everyone(shop: Shop) -> None:
    with shop.app.app_context():
        with pytest.raises(CommandError, match="purpose partners is new"):
            publish(shop.id, MORE)
        version = publish(shop.id, MORE, urgent="A court wants it.")

        assert version.reason == "A court wants it."
        assert version.announced_at is None


def test_a_consent_to_a_version_that_is_not_in_force_yet_is_refused(
    on_the_17th: Shop, set_clock: SetClock
) -> None:
    announce_for(on_the_17th, date(2027, 10, 24))
    with on_the_17th.app.app_context():
        sha256 = {text.language: text.sha256 for text in versions_of(on_the_17th.id)[0].texts}
    policies = on_the_17th.house.policies

    with pytest.raises(NotPublished, match="not in force yet"):
        policies.published(on_the_17th.id, 2, "ko", sha256["ko"])
    # the clock of the node that showed it may be a little ahead
    set_clock(in_seoul(2027, 10, 24) - timedelta(seconds=30))
    assert policies.published(on_the_17th.id, 2, "ko", sha256["ko"]).number == 2


def test_the_script_changes_at_that_instant_and_names_the_day_before(
    on_the_17th: Shop, set_clock: SetClock
) -> None:
    client, path = on_the_17th.app.test_client(), f"/embed/{on_the_17th.key}.js?lang=ko"
    plain = client.get(path)
    announce_for(on_the_17th, date(2027, 10, 24))
    told = client.get(path)
    again = client.get(path, headers={"If-None-Match": told.headers["ETag"]})
    set_clock(in_seoul(2027, 10, 24))
    changed = client.get(path, headers={"If-None-Match": told.headers["ETag"]})

    assert "2027년 10월 24일부터" not in plain.text
    assert "2027년 10월 24일부터 변경된 처리방침이 적용됩니다." in told.text
    assert again.status_code == 304
    assert changed.status_code == 200
    assert '"version":2,' in changed.text
    assert "2027년 10월 24일부터" not in changed.text
