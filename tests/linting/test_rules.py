"""Each rule finds what it is there for, and nothing else; the built-in wording passes all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from consent_server.banner.look import Look
from consent_server.banner.schemas import BannerSettings, Modes
from consent_server.linting import contrast
from consent_server.linting.evidence import Evidence
from consent_server.linting.findings import Examined
from consent_server.linting.known import KNOWN, fits, is_within
from consent_server.linting.rules import RULES, has_errors, lint
from consent_server.linting.sources import LINKS
from consent_server.policies.schemas import (
    Body,
    Contact,
    Notice,
    Processor,
    Purpose,
    Service,
    Transfer,
)
from consent_server.policies.wording import BUILT_IN

STYLES = Path(__file__).parents[2] / "banner/src/core/styles.css"
BOTH = {"ko": "가", "en": "a"}
PULSE = Service(
    key="pulse",
    purpose="analytics",
    name="Pulse",
    vendor="Pulse Ltd.",
    country="IE",
    stores={"ko": "쿠키 pulse_id", "en": "cookie pulse_id"},
    keeps={"ko": "30일", "en": "30 days"},
    names=("pulse_id",),
    hosts=("pulse.example",),
    party="third",
)
OURS = msgspec.structs.replace(
    PULSE, key="choice", purpose="necessary", name="Choice", names=("cs_consent",),
    stores={"ko": "쿠키 cs_consent", "en": "cookie cs_consent"}, hosts=(), party="first",
)  # fmt: skip
SOUND = Examined(
    notice=Notice(
        purposes=(Purpose(key="analytics"),),
        services=(PULSE, OURS),
        officer=Contact(names=BOTH, email="privacy@shop.example"),
        complaints=(Body(names=BOTH, phone="118"),),
    ),
    settings=BannerSettings(gpc=("analytics",)),
    contact="privacy@shop.example",
)
ABROAD = Transfer(items=BOTH, method=BOTH, keeps=BOTH, refusing=BOTH)


def with_notice(**changes: Any) -> Examined:
    return replace(SOUND, notice=msgspec.structs.replace(SOUND.notice, **changes))


def with_texts(language: str = "en", **texts: str) -> Examined:
    return with_notice(texts={language: texts}, languages=tuple({"ko", "en", language}))


def with_pulse(**changes: Any) -> Examined:
    return with_notice(services=(msgspec.structs.replace(PULSE, **changes), OURS))


def with_purpose(**changes: Any) -> Examined:
    return with_notice(purposes=(Purpose(key="analytics", **changes),))


def with_settings(**changes: Any) -> Examined:
    return replace(SOUND, settings=msgspec.structs.replace(SOUND.settings, **changes))


def seen(**found: str) -> Examined:
    evidence = Evidence(**{name: frozenset({one}) for name, one in found.items()})
    return replace(SOUND, evidence=evidence)


class Case(NamedTuple):
    """One rule: what it finds, where, and what it leaves alone."""

    rule: str
    bad: Examined
    place: str
    good: Examined = SOUND


CASES = [
    Case("purpose-undescribed",
         with_notice(purposes=(Purpose(key="own", texts={"ko": "거부하셔도 됩니다."}),)),
         "purposes.0.texts.en"),
    Case("items-unnamed", with_pulse(stores={"ko": "쿠키"}), "services.0.stores.en"),
    Case("period-unnamed", with_pulse(keeps={"ko": "30일"}), "services.0.keeps.en"),
    Case("refusal-untold",
         with_texts(body="We use cookies.", preferences_body="Change your mind at any time."),
         "texts.en.body",
         with_texts(body="We use cookies.", preferences_body="You may refuse; withdraw later.")),
    Case("officer-unnamed", with_notice(officer=None), "officer.names.ko"),
    Case("officer-unreachable", with_notice(officer=Contact(names=BOTH)), "officer.phone"),
    Case("contact-unnamed", replace(SOUND, contact=" "), "site.contact"),
    Case("purpose-without-service", with_notice(services=(OURS,)), "add-services"),
    Case("period-vague", with_pulse(keeps={"ko": "필요한 동안", "en": "30 days"}),
         "services.0.keeps.ko",
         with_pulse(keeps={"ko": "브라우저를 닫을 때까지", "en": "until the session ends"})),
    Case("effect-untold", with_purpose(texts={"en": "Counts visits."}), "purposes.0.texts.en",
         with_purpose(texts={"en": "Counts visits. If you refuse, nothing changes."})),
    Case("withdrawal-untold",
         with_texts(body="We use cookies. You may refuse.", preferences_body="Optional."),
         "texts.en.body", with_texts(body="Cookies. You may refuse, and withdraw at any time.")),
    Case("optional-untold", with_texts(preferences_body="Refuse or withdraw here."),
         "texts.en.preferences_body", with_texts(preferences_body="All of this is optional.")),
    Case("purposes-bundled", with_purpose(texts={"ko": "통계와 맞춤형 광고. 거부하셔도 됩니다."}),
         "purposes.0.texts.ko", with_purpose(texts={"ko": "통계. 거부하셔도 됩니다."})),
    Case("country-unnamed", with_pulse(country=""), "services.0.country",
         with_pulse(country="", party="first")),
    Case("transfer-untold",
         with_notice(processors=(Processor(key="cloud", name="Cloud", tasks=BOTH, country="US"),)),
         "processors.0.abroad.items.ko",
         with_notice(processors=(
             Processor(key="cloud", name="Cloud", tasks=BOTH, country="US", abroad=ABROAD),
             Processor(key="pay", name="Pay", tasks=BOTH, country="대한민국"),
         ))),
    Case("complaints-unnamed", with_notice(complaints=()), "add-complaints"),
    Case("language-missing", replace(SOUND, language="de"), "languages"),
    Case("unasked-in-europe", with_settings(modes=Modes(default="opt_out")), "modes.default",
         with_settings(modes=Modes(regions={"US": "opt_out"}))),
    Case("signal-unheeded", with_settings(modes=Modes(regions={"US": "notice"}), gpc=()), "gpc",
         with_settings(gpc=())),
    Case("acceptance-adorned", with_texts(accept_all="✓ Allow all"), "texts.en.accept_all",
         with_texts(accept_all="Allow everything", refuse_all="Reject all")),
    Case("labels-unequal", with_texts(refuse_all="No, and I know what I am going to miss"),
         "texts.en.refuse_all", with_texts(refuse_all="Reject all of them")),
    Case("answer-unclear", with_texts("ko", accept_all="확인"), "texts.ko.accept_all",
         with_texts("ko", accept_all="전체 허용")),
    Case("unasked-in-korea", with_settings(modes=Modes(regions={"KR": "off"})), "modes.default",
         with_settings(modes=Modes(regions={"KR": "opt_out"}))),
    Case("signal-without-purpose", with_settings(gpc=("marketing",)), "gpc"),
    Case("text-unreadable",
         with_settings(look=Look(colours={"background": "#777777", "text": "#888888",
                                          "accent": "#ffffff"})),
         "look.colours.text", with_settings(look=Look(preset="ink"))),
    Case("accent-invisible",
         with_settings(look=Look(colours={"background": "#ffffff", "text": "#000000",
                                          "accent": "#dddddd"})),
         "look.colours.accent", with_settings(look=Look(preset="contrast"))),
    Case("choice-sold", with_texts(ask_each="Subscribe instead"), "texts.en.ask_each"),
    Case("label-unknown-to-robots", with_texts(refuse_all="Maybe not"), "texts.en.refuse_all",
         with_texts(refuse_all="Reject All ✕")),
    Case("label-refuses-nothing", with_texts("ko", refuse_all="나중에"), "texts.ko.refuse_all",
         with_texts("ko", refuse_all="전체 거부하기")),
    Case("banner-unrecognised",
         with_texts(title="Your data", body="You may refuse, and withdraw at any time."),
         "texts.en.body", with_texts(body="Cookies: you may refuse, and withdraw at any time.")),
    Case("cookie-unknown", seen(names="_ga_X1"), "add-services", seen(names="pulse_id")),
    Case("host-ungated", seen(hosts="www.googletagmanager.com"), "blocking",
         seen(gated="www.googletagmanager.com")),
    Case("gate-unknown", seen(categories="statistics"), "add-purposes",
         seen(categories="analytics", services="pulse")),
    Case("tracker-as-necessary", with_pulse(purpose="necessary", name="Google Analytics"),
         "services.0.purpose", with_pulse(name="Google Analytics")),
    Case("host-unknown", seen(gated="connect.facebook.net"), "add-services",
         seen(gated="cdn.shop.example")),
    Case("vendor-unlisted", with_settings(meta=True), "add-services",
         replace(with_pulse(names=("pulse_id", "_fbp")),
                 settings=with_settings(meta=True).settings)),
    Case("name-in-words-only", with_pulse(names=()), "services.0.names",
         with_pulse(names=("pulse_*",))),
    Case("own-cookie-unlisted", with_notice(services=(PULSE,)), "add-services"),
]  # fmt: skip


def found(rule: str, examined: Examined) -> list[str]:
    return [one.place for one in lint(examined) if one.rule.name == rule]


def test_nothing_is_found_where_all_is_said() -> None:
    assert lint(SOUND) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_finds_what_it_is_for_and_nothing_else(case: Case) -> None:
    assert case.place in found(case.rule, case.bad)
    assert found(case.rule, case.good) == []


def test_every_rule_has_a_case_a_source_and_words_that_can_be_filled_in() -> None:
    assert [case.rule for case in CASES] == [rule.name for rule in RULES]
    for case in CASES:
        for finding in lint(case.bad):
            assert finding.words
            assert finding.rule.source
    assert {rule.source for rule in RULES} >= LINKS.keys() - {""}


@pytest.mark.parametrize("language", BUILT_IN)
def test_the_built_in_wording_passes_in_every_language(language: str) -> None:
    words = {language: "30"}
    services = [msgspec.structs.replace(one, stores=words, keeps=words) for one in (PULSE, OURS)]
    notice = msgspec.structs.replace(SOUND.notice, languages=(language,), services=tuple(services))

    assert lint(replace(SOUND, notice=notice, language=language)) == []


def test_errors_come_first() -> None:
    bare = Examined(notice=Notice(purposes=(Purpose(key="analytics"),)), settings=BannerSettings())

    severities = [finding.severity for finding in lint(bare)]

    assert severities == sorted(severities, key=["error", "warning", "hint"].index)
    assert has_errors(lint(bare))


def test_a_ground_of_ones_own_can_make_a_built_in_button_unreadable() -> None:
    look = Look(colours={"background": "#767676", "text": "#ffffff", "accent": "#ffffff"})

    text, button, _accent = contrast.ratios_of(look)[:3]

    assert text.is_enough
    assert (button.ink, button.is_enough) == ("button-text", False)


def test_only_the_theme_that_a_site_shows_is_looked_at() -> None:
    assert {ratio.theme for ratio in contrast.ratios_of(Look(scheme="dark"))} == {"dark"}


def test_the_colours_that_are_taken_for_granted_are_those_of_the_styles() -> None:
    styles = STYLES.read_text()

    colour, strength = contrast.VEIL
    assert f"--cs-accent, {contrast.ACCENT}" in styles
    assert f"--cs-button, {colour}{round(strength * 255):02x}" in styles
    assert "--cs-background, Canvas" in styles


def test_known_services_are_known_by_names_of_their_own() -> None:
    for known in KNOWN:
        others = [one for one in KNOWN if one is not known]
        names = [own for one in others for own in one.names]
        assert not any(fits(name, own) for name in known.names for own in names)
        assert not any(
            is_within(host, own) for host in known.hosts for one in others for own in one.hosts
        )
