"""Who is asked again: only where something else is asked than before."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from consent_server.policies.material import standings
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


def since(*notices: Notice) -> list[int]:
    """Returns `since` of every version of a site that published these notices."""
    found = standings(dict(enumerate(notices, 1)))
    return [found[number].since for number in sorted(found)]


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
    assert since(NOTICE, notice, NOTICE) == [1, 1, 1]


MATERIAL = [
    pytest.param(
        changed(purposes=(*NOTICE.purposes, Purpose(key="functional"))),
        "purpose functional is new",
        id="a purpose more",
    ),
    pytest.param(
        changed(purposes=NOTICE.purposes[:1], services=(PULSE,)),
        "purpose marketing is gone",
        id="a purpose less",
    ),
    pytest.param(
        changed(purposes=NOTICE.purposes[::-1]),
        "the purposes stand in another order",
        id="purposes in another order",
    ),
    pytest.param(
        changed(services=(*NOTICE.services, msgspec.structs.replace(PULSE, key="beat"))),
        "service beat is new",
        id="a service more",
    ),
    pytest.param(changed(services=(PULSE,)), "service tubular is gone", id="a service less"),
    pytest.param(
        changed(services=(TUBULAR, PULSE)),
        "the services stand in another order",
        id="services in another order",
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
        "service pulse uses other names",
        id="one more cookie",
    ),
    pytest.param(
        with_pulse(stores=PULSE.stores | {"en": "cookie _pulse, your address"}),
        "service pulse stores something else",
        id="what it stores",
    ),
    pytest.param(
        with_pulse(keeps={"ko": "2년", "en": "2 years"}),
        "service pulse keeps it for another time",
        id="a longer period",
    ),
]


@pytest.mark.parametrize(("notice", "reason"), MATERIAL)
def test_visitors_are_asked_again_when_something_else_is_asked_and_the_reason_is_told(
    notice: Notice, reason: str
) -> None:
    found = standings({1: NOTICE, 2: notice})

    assert found[2].since == 2
    assert found[2].reasons[0] == reason


def test_only_one_reason_is_told_for_one_change() -> None:
    found = standings({1: NOTICE, 2: with_pulse(keeps={"ko": "2년", "en": "2 years"})})

    assert len(found[2].reasons) == 1


def test_going_back_to_what_was_asked_before_does_not_revive_older_choices() -> None:
    longer = with_pulse(keeps={"ko": "2년", "en": "2 years"})

    assert since(NOTICE, NOTICE, longer, longer, NOTICE, NOTICE) == [1, 1, 3, 3, 5, 5]


def test_a_language_that_was_away_for_a_while_cannot_bring_back_something_else() -> None:
    without_english = changed(languages=("ko",))
    other_english = with_pulse(keeps=PULSE.keeps | {"en": "10 years"})

    assert since(NOTICE, without_english, other_english) == [1, 1, 3]
    assert since(NOTICE, without_english, NOTICE) == [1, 1, 1]


def test_a_notice_in_entirely_other_languages_is_another_one() -> None:
    assert since(changed(languages=("ko",)), changed(languages=("en",))) == [1, 2]


def test_the_first_version_stands_for_itself() -> None:
    assert since(NOTICE) == [1]
