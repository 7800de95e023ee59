"""`/preferences/<site_key>`: what it tells and what its buttons record."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import msgspec
import pytest

from consent_server import clock
from consent_server.consents.receipts import is_genuine
from consent_server.policies.schemas import Purpose
from consent_server.policies.services import publish
from support.preferences import Person, switched_on
from support.shop import NOTICE, Shop

pytestmark = pytest.mark.on_sqlite

UNDECIDED = "You have not made a choice yet."
WITHDRAW = 'value="withdraw"'
ALL = {"analytics": True, "functional": True, "marketing": True}
NONE = dict.fromkeys(ALL, False)
CHANGED = "What we ask you has changed since your last choice."
NAMES = {"ko": "협력사 공유", "en": "Sharing with partners"}
KEPT_LONGER = msgspec.structs.replace(
    NOTICE,
    services=tuple(
        msgspec.structs.replace(service, keeps={"ko": "2년", "en": "2 years"})
        for service in NOTICE.services
    ),
)


# what it tells


def test_who_has_not_decided_is_told_so_and_nothing_is_switched_on(person: Person) -> None:
    page = person.get()

    assert page.status_code == 200
    assert UNDECIDED in page.text
    assert switched_on(page) == []
    assert page.text.count('role="switch"') == 3
    assert WITHDRAW not in page.text
    assert "Set-Cookie" not in page.headers


def test_the_page_tells_each_purpose_and_the_services_behind_it(person: Person) -> None:
    page = person.get().text

    for told in (
        *("Strictly necessary", "Always on", "Functional", "Statistics", "Marketing"),
        *("Tubular", "Tubular Inc. (US)", "cookie tub_id", "1 year"),
        *("Allow all", "Ask me each time", "Reject all", "Save my choices"),
        *("Shop Ltd.", "mailto:privacy@shop.example"),
    ):
        assert told in page, told


def test_a_version_from_before_a_text_was_thought_of_falls_back_to_the_built_in_one(
    shop: Shop, person: Person
) -> None:
    with shop.app.app_context():
        version = shop.house.policies.in_force(shop.id)
    old = msgspec.json.decode(version.texts["en"])
    for key in ("undecided", "in_force", "language"):
        del old["texts"][key]
    version.texts["en"] = msgspec.json.encode(old)  # type: ignore[index]  # a dict in fact

    assert UNDECIDED in person.get().text


# what its forms record


@pytest.mark.parametrize(
    ("action", "decisions"),
    [
        pytest.param("accept_all", ALL, id="allow all"),
        pytest.param("ask_each", NONE, id="ask me each time"),
        pytest.param("refuse_all", NONE, id="refuse all"),
    ],
)
def test_one_press_records_one_of_the_three_choices(
    person: Person, action: str, decisions: dict[str, bool]
) -> None:
    form = person.form()
    answer = person.send(form | {"action": action})

    assert answer.status_code == 303
    assert answer.location == f"{person.path}?saved=1"
    [row] = person.rows()
    assert (row.action, row.decisions, row.services) == (action, decisions, {})
    assert (row.layer, row.trusted, row.gpc) == ("page", True, False)
    assert (row.policy_version, row.language) == (1, "en")
    assert (str(row.consent_id), row.text_sha256) == (form["submission_id"], form["text_sha256"])


def test_only_the_purposes_that_were_switched_on_are_granted_and_stay_on(person: Person) -> None:
    person.press("customise", "analytics")

    [row] = person.rows()
    page = person.get()
    assert row.decisions == NONE | {"analytics": True}
    assert switched_on(page) == ["analytics"]


def test_what_is_in_force_is_told_with_its_time_and_its_number(person: Person) -> None:
    person.press("customise", "marketing")

    [row] = person.rows()
    page = person.get("?saved=1").text
    assert UNDECIDED not in page
    assert "Your choice has been saved." in page
    assert str(row.consent_id) in page
    assert f'datetime="{row.recorded_at.isoformat()}"' in page
    standing = re.findall(r"<dt>(\w+)</dt><dd>(Allowed|Refused)</dd>", page)
    assert standing == [
        ("Functional", "Refused"),
        ("Statistics", "Refused"),
        ("Marketing", "Allowed"),
    ]


def test_asking_each_time_is_told_as_such_and_not_as_a_refusal(person: Person) -> None:
    person.press("ask_each")

    page = person.get().text
    assert page.count("<dd>Ask me each time</dd>") == 3
    assert "<dd>Refused</dd>" not in page


def test_everything_is_withdrawn_in_one_act_by_a_new_record(person: Person) -> None:
    person.press("accept_all")
    assert WITHDRAW in person.get().text

    person.press("withdraw")

    withdrawn, granted = person.rows()
    page = person.get()
    assert (withdrawn.action, withdrawn.decisions) == ("withdraw", NONE)
    assert (granted.action, granted.decisions) == ("accept_all", ALL)
    assert withdrawn.visitor_id == granted.visitor_id
    assert switched_on(page) == []
    assert WITHDRAW not in page.text


def test_global_privacy_control_is_told_and_recorded(person: Person) -> None:
    person.headers["Sec-GPC"] = "1"

    assert "Global Privacy Control" in person.get().text
    person.press("refuse_all")

    [row] = person.rows()
    assert row.gpc is True


def test_the_receipt_is_a_genuine_file(shop: Shop, person: Person) -> None:
    person.press("accept_all")

    answer = person.client.get(f"{person.path}/receipt")

    [row] = person.rows()
    receipt = json.loads(answer.data)
    assert is_genuine(receipt, shop.house.signatures)
    assert receipt["record_id"] == str(row.consent_id)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"


def test_nobody_has_no_receipt(person: Person) -> None:
    assert person.client.get(f"{person.path}/receipt").status_code == 404


# what does not count any more


def test_a_notice_that_asks_more_asks_for_that_alone_and_a_form_of_the_old_one_counts_for_the_old(
    shop: Shop, person: Person
) -> None:
    person.press("accept_all")
    open_form = person.form()
    with shop.app.app_context():
        publish(shop.id, KEPT_LONGER, urgent="Tubular has changed its terms.")

    page = person.get()
    late = person.send(open_form | {"action": "customise", "purposes": ["analytics"]})

    assert f"{CHANGED} Your other choices stay as they are." in page.text
    assert switched_on(page) == ["functional", "analytics", "marketing"]
    assert f"<dt>Tubular</dt><dd>{UNDECIDED}</dd>" in page.text
    assert WITHDRAW in page.text
    assert late.status_code == 303
    assert [row.policy_version for row in person.rows()] == [1, 1]


def test_a_new_purpose_stands_off_beside_the_choices_that_stay(shop: Shop, person: Person) -> None:
    person.press("customise", "analytics")
    with shop.app.app_context():
        more = (*NOTICE.purposes, Purpose(key="partners", names=NAMES, texts=NAMES))
        publish(shop.id, msgspec.structs.replace(NOTICE, purposes=more), urgent="By law.")

    page = person.get()
    person.press("customise", "analytics", "partners")

    assert CHANGED in page.text
    assert switched_on(page) == ["analytics"]
    assert CHANGED not in person.get().text
    assert switched_on(person.get()) == ["analytics", "partners"]


def test_a_notice_in_other_words_leaves_the_choice_in_force(shop: Shop, person: Person) -> None:
    person.press("customise", "analytics")
    with shop.app.app_context():
        publish(shop.id, msgspec.structs.replace(NOTICE, texts={"en": {"body": "In other words"}}))

    page = person.get()

    assert CHANGED not in page.text
    assert switched_on(page) == ["analytics"]


def test_a_choice_counts_whole_again_when_what_it_was_made_for_is_asked_again(
    shop: Shop, person: Person
) -> None:
    person.press("accept_all")
    with shop.app.app_context():
        publish(shop.id, KEPT_LONGER, urgent="Tubular has changed its terms.")
        publish(shop.id, NOTICE, urgent="Tubular has changed them back.")

    page = person.get()

    assert CHANGED not in page.text
    assert len(switched_on(page)) == 3


def test_a_choice_that_is_too_old_is_not_in_force(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.press("accept_all")
    later = clock.now() + timedelta(days=183)
    monkeypatch.setattr(clock, "now", lambda: later)

    page = person.get()

    assert UNDECIDED in page.text
    assert switched_on(page) == []


# how it is sent


def test_the_page_is_not_cached_framed_or_found(person: Person) -> None:
    headers = person.get().headers

    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Robots-Tag"] == "noindex"


def test_nothing_in_the_page_is_script_or_inline_style(person: Person) -> None:
    page = person.get().text

    assert "<script" not in page
    assert "<style" not in page
    assert "style=" not in page
