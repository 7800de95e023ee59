"""Whatever changes something in the console, or shows personal data, stands in the access log.

A new route that takes a form has no step here and fails: give it one, or a reason for none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from flask import Flask

from admin.test_notices import fields_of
from admin.test_studio import send as send_studio
from consent_server import clock
from consent_server.admin.notice_form import raw_of
from consent_server.admin.words.access_log import act_name
from consent_server.audit.models import AccessEntry
from consent_server.audit.rules import ACTS, GROUPS, group_of
from consent_server.audit.services import Act, LogFilter, recent_acts, record_act
from consent_server.banner.look import Look
from consent_server.banner.schemas import BannerSettings
from consent_server.operators.rules import PERSONAL
from support.authenticator import Authenticator, begin_set_up, make_recovery_codes, send_code
from support.console import PASSWORD, SIGN_IN, Console, new_console
from support.furnished import destroy_a_day
from support.shop import NOTICE, Shop

PACKAGE = Path(__file__).parents[2] / "consent_server"
NO_ENTRY: Final = {
    "POST /admin/visits": "the reason is written down with each page that it opens",
    "POST /admin/visits/done": "forgets that reason; nothing is shown or changed",
    "POST /admin/second-factor": "shows a key; it counts once its first code came",
    "POST /admin/sign-in/choose": "leads to one of two forms",
    "POST /admin/sign-in/rescue": "closed",
    "POST /admin/sites/<key>/banner/preview": "shows what is not saved",
    "POST /admin/sites/<key>/banner/lint": "looks over what is not saved",
    "POST /admin/sign-in/passkey": "passkey.use, sign-in: see tests/operators/test_passkeys.py",
    "POST /admin/sign-in/passkey/second": "the same",
    "POST /admin/sign-in/passkey/new": "passkey.add: the same",
    "POST /admin/account/passkeys/new": "passkey.add: the same",
    "POST /admin/account/passkeys/<int:passkey_id>": "passkey.remove: the same",
    "POST /admin/confirm/passkey": "passkey.confirm: the same",
    "GET /admin/visits": "see what the pages show, below",
    "GET /admin/exports": "an empty form",
    "GET /admin/exports/copies": "what was exported, without what is in it",
    "GET /admin/exports/copies/<reference>": "the same, of one copy",
    "GET /admin/exports/copies/<reference>/manifest.json": "the same, as a file",
    "GET /admin/exports/prepared": "what is being exported, without what is in it",
    "GET /admin/exports/prepared/<reference>": "the same, of one export",
    "GET /admin/exports/files/<link>": "export.download: see tests/reports/test_preparing.py",
    "GET /admin/archive": "requests, without what they ask for",
    "GET /admin/archive/new": "an empty form",
    "GET /admin/archive/<reference>": "a request; its records come only by POST",
}
LINK: Final = re.compile(r'<code id="link"[^>]*>([^<]+)</code>')


@dataclass
class House:
    """Who does things, and what they did so far. phone: the owner's authenticator."""

    app: Flask
    shop: Shop
    owner: Console
    officer: Console
    today: date
    told: dict[str, str] = field(default_factory=dict)

    @property
    def site(self) -> str:
        return f"/admin/sites/{self.shop.key}"

    def post(self, path: str, who: Console | None = None, /, **fields: str) -> str:
        """Sends a form and returns where it leads, or the page that it shows."""
        console = who or self.owner
        answer = console.send(path, form="/admin/account", **fields)
        assert answer.status_code in (200, 302), (path, answer.status_code, answer.text[-600:])
        return urlsplit(answer.location).path if answer.status_code == 302 else answer.text

    def operator(self, email: str) -> str:
        """Returns the address of an operator's page."""
        found = re.search(
            rf'href="(/admin/operators/\d+)">{email}', self.owner.get("/admin/operators").text
        )
        assert found
        return found[1]


def draft(house: House) -> None:
    editor = f"{house.site}/notice/draft"
    house.owner.send(editor, form=editor, **fields_of(raw_of(NOTICE)) | {"edits": "0"})


def announce(house: House) -> None:
    day = (house.today + timedelta(days=30)).isoformat()
    fields = {"effective": day, "announced": house.today.isoformat(), "reason": "yearly look"}
    house.post(f"{house.site}/notice/announce", **fields)


def export(house: House) -> None:
    house.post("/admin/exports", kind="consents", purpose="audit", reason="yearly")
    copies = house.owner.get("/admin/exports/copies").text
    house.told["copy"] = copies.split('href="/admin/exports/copies/')[1].split('"')[0]


def prepare_and_cancel(house: House) -> None:
    fields = {"kind": "consents", "how": "background", "purpose": "audit", "reason": "yearly"}
    house.post(house.post("/admin/exports", **fields) + "/cancel")


def schedule(house: House) -> None:
    fields = {"kind": "consents", "every": "day", "place": "folder", "target": "shop/daily"}
    house.post("/admin/exports/schedules", purpose="audit", reason="yearly", **fields)


def change_banner(house: House) -> None:
    changed = BannerSettings(look=Look(position="top"))
    assert send_studio(house.owner, house.shop, changed).status_code == 302


def look_at_consent(house: House) -> None:
    listed = house.owner.get("/admin/consents").text
    consent = listed.split('href="/admin/consents/')[1].split('"')[0]
    house.post(f"/admin/consents/{consent}", receipt="{}")


def ask(house: House) -> None:
    house.told["request"] = house.post(
        "/admin/archive/new", basis="communications_warrant", permit_number="2026-1",
        reason="permit", authority="Prosecutors' Office", items="path",
        since=(house.today - timedelta(days=3)).isoformat(), until=house.today.isoformat(),
    )  # fmt: skip


def open_hold(house: House) -> None:
    house.told["hold"] = house.post(
        "/admin/holds/new", name="Case 7", basis="court", officer="J. Kim", reference="2026-7",
        site=house.shop.key, narrowed_by="site", confirmed="on", reason="order",
        ends=(house.today + timedelta(days=100)).isoformat(),
    )  # fmt: skip


def extend_hold(house: House) -> None:
    ends = (house.today + timedelta(days=120)).isoformat()
    house.post(f"{house.told['hold']}/extend", ends=ends, extend_reason="longer")


def invite(house: House) -> None:
    page = house.post("/admin/operators", email="guest@shop.example", role="viewer")
    found = LINK.search(page)
    assert found
    house.told["link"] = urlsplit(found[1]).path


def withdraw_another(house: House) -> None:
    house.post("/admin/operators", email="other@shop.example", role="viewer")
    page = house.owner.get("/admin/operators").text
    paths = re.findall(r'action="(/admin/operators/invitations/\d+/withdraw)"', page)
    house.post(paths[0])


def join(house: House) -> None:
    guest = Console(house.app, house.app.test_client(), "guest@shop.example")
    guest.send(house.told["link"], form=SIGN_IN, password=PASSWORD, again=PASSWORD)


def end_role(house: House) -> None:
    page = house.owner.get(house.operator("guest@shop.example")).text
    house.post(re.findall(r'action="(/admin/operators/\d+/grants/\d+/end)"', page)[0])


def make_token(house: House) -> None:
    fields = {"name": "backup", "scopes": "metrics.read", "days": "30"}
    house.post("/admin/operators/tokens", **fields)
    page = house.owner.get("/admin/operators/tokens").text
    found = re.search(r'href="(/admin/operators/tokens/\d+)"', page)
    assert found
    house.told["token"] = found[1]


def sign_month(house: House) -> None:
    first = house.today.replace(day=1)
    month = (first - timedelta(days=1)).strftime("%Y-%m")
    house.post(f"/admin/access-log/reviews/{month}", finding="nothing", number="1")


def end_own_session(house: House) -> None:
    again = Console(house.app, house.app.test_client(), house.officer.email)
    again.sign_in()
    page = house.officer.get("/admin/account").text
    house.post(re.findall(r'action="(/admin/account/sessions/\d+/end)"', page)[0], house.officer)


def end_other_sessions(house: House) -> None:
    Console(house.app, house.app.test_client(), house.officer.email).sign_in()
    house.post("/admin/account/sessions/end", house.officer)


def set_up_second_factor(house: House) -> None:
    phone = begin_set_up(house.officer)
    assert send_code(house.officer, phone.code()).status_code == 302
    PHONES[house.officer.email] = phone


def sign_in_with_code(house: House) -> None:
    house.officer.sign_out()
    house.officer.sign_in()
    assert send_code(house.officer, PHONES[house.officer.email].code()).status_code == 302


def sign_in_with_recovery(house: House) -> None:
    house.officer.sign_out()
    house.officer.sign_in()
    code = house.told["codes"].split()[0]
    assert send_code(house.officer, code, "/admin/sign-in/recovery").status_code == 302


def make_codes(house: House) -> None:
    house.told["codes"] = " ".join(make_recovery_codes(house.officer))


def change_password(house: House) -> None:
    form, fresh = "/admin/password", "another long pass phrase"
    fields = {"password": PASSWORD, "new_password": fresh, "new_password_confirm": fresh}
    house.owner.send(form, form=form, **fields)


def by_token(house: House, verb: str, **fields: str) -> None:
    house.post(f"{house.told['token']}/{verb}", **fields)


def guest_page(house: House, verb: str, **fields: str) -> None:
    house.post(f"{house.operator('guest@shop.example')}/{verb}", **fields)


PHONES: dict[str, Authenticator] = {}
SITE: Final = {"name": "Shop", "origins": "https://shop.example", "language": "ko"}
Step = Callable[[House], object]
STEPS: Final[list[tuple[str, str, Step]]] = [
    ("POST /admin/confirm", "sign-in.confirm",
     lambda h: h.owner.send("/admin/confirm", form="/admin/confirm", password=PASSWORD)),
    ("POST /admin/sites/new", "site.add",
     lambda h: h.post("/admin/sites/new", **SITE | {"origins": "https://new.example"})),
    ("POST /admin/sites/<key>/change", "site.change", lambda h: h.post(f"{h.site}/change", **SITE)),
    ("POST /admin/sites/<key>/pinned", "site.pin",
     lambda h: h.post(f"{h.site}/pinned", language="ko")),
    ("POST /admin/sites/<key>/banner", "site.banner", change_banner),
    ("POST /admin/sites/<key>/banner/undo", "site.banner",
     lambda h: h.post(f"{h.site}/banner/undo")),
    ("POST /admin/sites/<key>/notice/draft", "policy.draft", draft),
    ("POST /admin/sites/<key>/notice/discard", "policy.draft",
     lambda h: h.post(f"{h.site}/notice/discard", typed="Shop")),
    ("POST /admin/sites/<key>/notice/announce", "policy.announce", announce),
    ("POST /admin/sites/<key>/notice/cancel", "policy.cancel",
     lambda h: h.post(f"{h.site}/notice/cancel", typed="Shop", reason="a mistake")),
    ("POST /admin/sites/<key>/notice/publish", "policy.publish",
     lambda h: h.post(f"{h.site}/notice/publish")),
    ("POST /admin/sites/<key>/notice/rollback", "policy.draft",
     lambda h: h.post(f"{h.site}/notice/rollback", version="1")),
    ("POST /admin/exports", "consents.export", export),
    ("POST /admin/exports/copies/<reference>", "export.shredded",
     lambda h: h.post(f"/admin/exports/copies/{h.told['copy']}", sure="on")),
    ("POST /admin/exports/prepared/<reference>/cancel", "export.cancel", prepare_and_cancel),
    ("POST /admin/exports/schedules", "export.schedule", schedule),
    ("POST /admin/exports/schedules/<int:number>", "export.unschedule",
     lambda h: h.post("/admin/exports/schedules/1", sure="on")),
    ("POST /admin/consents/<uuid:consent_id>", "consents.view", look_at_consent),
    ("POST /admin/archive/new", "archive.ask", ask),
    ("POST /admin/archive/<reference>/decide", "archive.approve",
     lambda h: h.post(f"{h.told['request']}/decide", h.officer, approve="1")),
    ("POST /admin/archive/<reference>/read", "archive.read",
     lambda h: h.post(f"{h.told['request']}/read")),
    ("POST /admin/archive/<reference>/hand-over", "archive.hand-over",
     lambda h: h.post(f"{h.told['request']}/hand-over")),
    ("POST /admin/certificates/<int:number>", "certificate.confirm",
     lambda h: h.post("/admin/certificates/1")),
    ("POST /admin/holds/new", "hold.open", open_hold),
    ("POST /admin/holds/<uuid:hold_id>/extend", "hold.extend", extend_hold),
    ("POST /admin/holds/<uuid:hold_id>/records", "hold.read",
     lambda h: h.post(f"{h.told['hold']}/records", read_reason="to answer the court")),
    ("POST /admin/holds/<uuid:hold_id>/release", "hold.release",
     lambda h: h.post(f"{h.told['hold']}/release", typed="Case 7", release_reason="over")),
    ("POST /admin/access-log", "log.export",
     lambda h: h.post("/admin/access-log", reason="yearly audit")),
    ("POST /admin/access-log/reviews/<month>", "log.review", sign_month),
    ("POST /admin/operators/invitations/<int:invitation_id>/withdraw", "operator.uninvite",
     withdraw_another),
    ("POST /admin/operators", "operator.invite", invite),
    ("POST /admin/invitations/<token>", "operator.join", join),
    ("POST /admin/operators/<int:operator_id>/grants", "operator.grant",
     lambda h: guest_page(h, "grants", role="editor")),
    ("POST /admin/operators/<int:operator_id>/grants/<int:grant_id>/end", "operator.revoke",
     end_role),
    ("POST /admin/operators/<int:operator_id>/training", "operator.training",
     lambda h: guest_page(h, "training")),
    ("POST /admin/operators/<int:operator_id>/sessions/end", "session.end",
     lambda h: guest_page(h, "sessions/end")),
    ("POST /admin/operators/<int:operator_id>/dismiss", "operator.dismiss",
     lambda h: guest_page(h, "dismiss", typed="guest@shop.example")),
    ("POST /admin/operators/tokens", "token.add", make_token),
    ("POST /admin/operators/tokens/<int:token_id>/rotate", "token.rotate",
     lambda h: by_token(h, "rotate", days="30", overlap_hours="2")),
    ("POST /admin/operators/tokens/<int:token_id>/revoke", "token.revoke",
     lambda h: by_token(h, "revoke", typed="backup")),
    ("POST /admin/account/sessions/<int:session_id>/end", "session.end", end_own_session),
    ("POST /admin/account/sessions/end", "session.end", end_other_sessions),
    ("POST /admin/second-factor/<token>", "second-factor.set", set_up_second_factor),
    ("POST /admin/recovery-codes", "recovery.make", make_codes),
    ("POST /admin/sign-in/code", "sign-in", sign_in_with_code),
    ("POST /admin/sign-in/recovery", "recovery.use", sign_in_with_recovery),
    ("POST /admin/password", "password.change", change_password),
    ("POST /admin/sign-out", "sign-out", lambda h: h.owner.sign_out()),
    ("POST /admin/sign-in", "sign-in.failed", lambda h: h.owner.sign_in("wrong")),
]  # fmt: skip
# pages that show personal data by being opened
SHOWN: Final = {
    "/admin/consents/<uuid:consent_id>": "consents.view",
    "/admin/visits": "visits.view",
}


@pytest.fixture
def house(app: Flask, shop: Shop, owner: Console, monkeypatch: pytest.MonkeyPatch) -> House:
    """A deployment that has run for some weeks, with a certificate and a visit."""
    today = shop.house.settings.visit_period.day_of(clock.now())
    with monkeypatch.context() as turned, app.app_context():
        then = clock.now() - timedelta(days=40)
        turned.setattr(clock, "now", lambda: then)
        record_act(Act(operator="someone@shop.example", act="visits.view", reason="ticket"))
    destroy_a_day(shop, today)
    shop.send_visit(shop.visit())
    shop.send_consent(shop.submission())
    return House(app, shop, owner, new_console(app, "officer"), today)


def forms(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/admin") and "POST" in (rule.methods or ()):
            yield f"POST {rule.rule}"


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_every_form_of_the_console_has_a_step_here_or_a_reason_for_none(app: Flask) -> None:
    reasons = {route for route in NO_ENTRY if route.startswith("POST")}
    steps = {route for route, _, _ in STEPS}

    assert set(forms(app)) == steps | reasons
    assert not steps & reasons


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_every_page_of_personal_data_writes_an_entry_or_has_a_reason_for_none(app: Flask) -> None:
    personal = {
        f"GET {rule.rule}"
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "right", "") in PERSONAL
        and "GET" in (rule.methods or ())
    }

    assert personal == {route for route in NO_ENTRY if route.startswith("GET")}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_whatever_changes_something_stands_in_the_access_log(house: House) -> None:
    missing = {}
    for route, act, step in STEPS:
        before = len(acts(house))
        step(house)
        done = [each.act for each in acts(house)[before:]]
        if act not in done:
            missing[route] = done

    assert missing == {}
    entries = acts(house)[1:]
    over_http = [each for each in entries if "@" in each.operator and each.reason != "ticket"]
    assert {each.source for each in over_http} == {"127.0.0.1"}
    assert {each.act for each in entries} <= {act for acts in ACTS.values() for act in acts}
    assert not [each for each in entries if "203.0.113" in f"{each.reason}{each.reference}"]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_page_that_shows_personal_data_is_written_down_with_how_many_and_why(
    house: House,
) -> None:
    consents = house.owner.get("/admin/consents").text
    consent = consents.split('href="/admin/consents/')[1].split('"')[0]
    house.post("/admin/visits", reason="ticket 4711")

    house.owner.get(f"/admin/consents/{consent}")
    house.owner.get("/admin/visits")

    seen, visits = acts(house)[-2:]
    assert (seen.act, seen.record_count, seen.reference) == ("consents.view", 1, "")
    assert (visits.act, visits.record_count, visits.reason) == ("visits.view", 1, "ticket 4711")
    assert {seen.act, visits.act} == set(SHOWN.values())


def acts(house: House) -> list[AccessEntry]:
    with house.app.app_context():
        return list(reversed(recent_acts(LogFilter(), limit=1000)))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_every_act_has_a_group_and_words_in_both_languages(app: Flask) -> None:
    wordless = []
    for language in ("en", "ko"):
        with app.test_request_context(f"/admin/?lang={language}"):
            wordless += [act for acts in ACTS.values() for act in acts if act_name(act) == act]

    assert wordless == []
    assert set(ACTS) == set(GROUPS)


def test_every_act_that_the_code_names_is_known() -> None:
    named = {
        value
        for path in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in _TELLERS
        for value in _literals(call)
    }
    known = {act for acts in ACTS.values() for act in acts}

    assert named
    assert named <= known
    assert group_of("an.act of later") == "change"


_TELLERS: Final = ("Act", "_log", "_tell", "_write_down")


def _literals(call: ast.Call) -> Iterator[str]:
    """Yields the acts that a call names: `act=`, or one of the first arguments of a shorthand."""
    places = [word.value for word in call.keywords if word.arg == "act"] or call.args[:3]
    for place in places:
        for node in ast.walk(place):
            word = node.value if isinstance(node, ast.Constant) else None
            if isinstance(word, str) and re.fullmatch(r"[a-z-]+\.[a-z-]+", word):
                yield word
