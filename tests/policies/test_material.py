"""Who is asked again: only where something else is asked than before."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from consent_server.policies.material import Asked, Choice, changes, concerned, same_places
from consent_server.policies.schemas import Notice, Purpose, Service

PULSE = Service(
    key="pulse",
    purpose="analytics",
    name="Pulse",
    vendor="Pulse Ltd.",
    country="KR",
    stores={"ko": "쿠키 _pulse", "en": "cookie _pulse"},
    keeps={"ko": "1년", "en": "1 year"},
    names=("_pulse", "_pulse_*"),
    hosts=("pulse.example",),
)
TUBULAR = Service(
    key="tubular",
    purpose="marketing",
    name="Tubular",
    vendor="Tubular Inc.",
    stores={"ko": "쿠키 tub_id", "en": "cookie tub_id"},
    keeps={"ko": "1년", "en": "1 year"},
)
NOTICE = Notice(
    purposes=(Purpose(key="analytics"), Purpose(key="marketing")), services=(PULSE, TUBULAR)
)


def changed(**changes: Any) -> Notice:
    return msgspec.structs.replace(NOTICE, **changes)


def with_pulse(**changes: Any) -> Notice:
    return changed(services=(msgspec.structs.replace(PULSE, **changes), TUBULAR))


def words(before: Notice, after: Notice) -> list[str]:
    return [change.words for change in changes(before, after)]


WORDS_ONLY = [
    pytest.param(NOTICE, id="nothing at all"),
    pytest.param(changed(texts={"en": {"title": "A corrected title"}}), id="a corrected text"),
    pytest.param(
        changed(purposes=(Purpose(key="analytics", names={"en": "Counting"}), NOTICE.purposes[1])),
        id="a purpose's name",
    ),
    pytest.param(with_pulse(name="Pulse 2"), id="a service's name"),
    pytest.param(with_pulse(hosts=("pulse.example", "cdn.example")), id="where it is loaded from"),
    pytest.param(with_pulse(names=("_pulse_*", "_pulse")), id="names in another order"),
    pytest.param(changed(languages=("ko",)), id="a language less"),
    pytest.param(
        changed(
            languages=("ko", "en", "fr"),
            services=tuple(
                msgspec.structs.replace(
                    service,
                    stores=service.stores | {"fr": "témoin"},
                    keeps=service.keeps | {"fr": "1 an"},
                )
                for service in NOTICE.services
            ),
        ),
        id="a language more",
    ),
]


@pytest.mark.parametrize("notice", WORDS_ONLY)
def test_choices_stay_valid_when_only_words_change(notice: Notice) -> None:
    assert words(NOTICE, notice) == []
    assert words(notice, NOTICE) == []


LESS = [
    pytest.param(changed(purposes=NOTICE.purposes[:1], services=(PULSE,)), id="a purpose less"),
    pytest.param(changed(services=(PULSE,)), id="a service less"),
    pytest.param(with_pulse(names=("_pulse",)), id="a cookie less"),
    pytest.param(changed(purposes=NOTICE.purposes[::-1]), id="purposes in another order"),
    pytest.param(changed(services=(TUBULAR, PULSE)), id="services in another order"),
]


@pytest.mark.parametrize("notice", LESS)
def test_nobody_is_asked_again_for_less_or_for_another_order(notice: Notice) -> None:
    assert words(NOTICE, notice) == []


MATERIAL = [
    pytest.param(
        changed(purposes=(*NOTICE.purposes, Purpose(key="functional"))),
        "purpose functional is new",
        id="a purpose more",
    ),
    pytest.param(
        changed(services=(*NOTICE.services, msgspec.structs.replace(PULSE, key="beat"))),
        "service beat is new",
        id="a service more",
    ),
    pytest.param(
        with_pulse(purpose="marketing"), "service pulse serves another purpose", id="its purpose"
    ),
    pytest.param(
        with_pulse(vendor="Bought Ltd."), "service pulse has another vendor", id="the recipient"
    ),
    pytest.param(with_pulse(country="US"), "service pulse is in another country", id="the country"),
    pytest.param(
        with_pulse(names=("_pulse", "_pulse_*", "_track")),
        "service pulse uses more names",
        id="one more cookie",
    ),
    pytest.param(
        with_pulse(stores=PULSE.stores | {"en": "cookie _pulse, your address"}),
        "service pulse stores something else",
        id="what it stores",
    ),
    pytest.param(
        with_pulse(keeps={"ko": "2년", "en": "2 years"}),
        "service pulse keeps it for longer or for another time",
        id="a longer period",
    ),
]


@pytest.mark.parametrize(("notice", "reason"), MATERIAL)
def test_what_is_asked_again_is_that_alone_and_the_reason_is_told(
    notice: Notice, reason: str
) -> None:
    assert words(NOTICE, notice) == [reason]


def test_a_choice_is_held_against_the_version_it_was_made_for() -> None:
    longer = with_pulse(keeps={"ko": "2년", "en": "2 years"})

    assert words(NOTICE, longer)
    assert words(longer, NOTICE)
    assert words(NOTICE, NOTICE) == []


@pytest.mark.parametrize(
    ("before", "after", "is_asked"),
    [(365, 365, False), (365, 30, False), (365, 730, True), (None, 365, True), (0, 1, True)],
)
def test_of_two_periods_in_numbers_only_a_longer_one_is_asked_again(
    before: int | None, after: int, is_asked: bool
) -> None:
    old = with_pulse(keeps_days=before)
    new = with_pulse(keeps_days=after, keeps={"ko": "다른 말", "en": "Other words"})

    assert bool(words(old, new)) is is_asked


def test_a_notice_in_entirely_other_languages_is_another_one() -> None:
    found = changes(changed(languages=("ko",)), changed(languages=("en",)))

    assert [change.key for change in found] == ["analytics", "marketing"]


def test_what_needs_no_consent_is_asked_of_nobody() -> None:
    session = msgspec.structs.replace(PULSE, key="session", purpose="necessary")

    assert words(NOTICE, changed(services=(*NOTICE.services, session))) == []


BEAT = msgspec.structs.replace(PULSE, key="beat")
WITH_BEAT = changed(services=(*NOTICE.services, BEAT))
WITH_PURPOSE = changed(
    purposes=(*NOTICE.purposes, Purpose(key="functional")),
    services=(*NOTICE.services, msgspec.structs.replace(BEAT, purpose="functional")),
)


def choice(action: str, *granted: str, **services: bool) -> Choice:
    return Choice(action, {key: key in granted for key in ("analytics", "marketing")}, services)


CONCERNED = [
    pytest.param(WITH_BEAT, choice("accept_all", "analytics", "marketing"), "beat", id="all"),
    pytest.param(WITH_BEAT, choice("customise", "analytics"), "beat", id="its purpose"),
    pytest.param(WITH_BEAT, choice("customise", "marketing"), "", id="another purpose"),
    pytest.param(WITH_BEAT, choice("refuse_all"), "", id="nothing"),
    pytest.param(WITH_BEAT, choice("ask_each"), "", id="ask each time"),
    pytest.param(
        with_pulse(vendor="B"), choice("customise", pulse=True), "pulse", id="the service alone"
    ),
    pytest.param(
        with_pulse(vendor="B"),
        choice("customise", "analytics", pulse=False),
        "",
        id="all of its purpose but this",
    ),
    pytest.param(
        with_pulse(vendor="B"), choice("ask_each", pulse=True), "pulse", id="when it was asked"
    ),
]


@pytest.mark.parametrize(("notice", "chosen", "service"), CONCERNED)
def test_a_service_concerns_those_who_granted_it(
    notice: Notice, chosen: Choice, service: str
) -> None:
    asked = concerned(changes(NOTICE, notice), notice, chosen)

    assert asked == Asked(services=frozenset({service} - {""}))


@pytest.mark.parametrize("action", ["accept_all", "refuse_all", "withdraw", "customise"])
def test_a_new_purpose_concerns_everyone_and_brings_its_services_along(action: str) -> None:
    asked = concerned(changes(NOTICE, WITH_PURPOSE), WITH_PURPOSE, choice(action, "analytics"))

    assert asked == Asked(purposes=frozenset({"functional"}))


def test_who_wants_to_be_asked_each_time_is_not_asked_before() -> None:
    assert not concerned(changes(NOTICE, WITH_PURPOSE), WITH_PURPOSE, choice("ask_each"))


def test_a_cookie_is_read_by_the_places_of_its_own_version() -> None:
    assert same_places(NOTICE, with_pulse(vendor="B"))
    assert not same_places(NOTICE, changed(services=(TUBULAR, PULSE)))
