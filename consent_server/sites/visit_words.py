"""Why a site records visits and what becomes of them when consent is withdrawn, in words. Pure.

Said in the answer to a withdrawal, in the preference centre and on the notice: the same words in
all three, in Korean and English. Sources: Protection of Communications Secrets Act art. 15-2 and
decree art. 41(2); Personal Information Protection Act (PIPA) art. 37(3) and (4).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

Words = Mapping[str, str]  # by language: ko, en

LAW: Final = "PIPA art. 37(4); Protection of Communications Secrets Act decree art. 41(2)"

_BASES: Final[dict[str, Words]] = {
    "legal_duty": {
        "ko": "법령에 따라 보관합니다(통신비밀보호법 제15조의2, 같은 법 시행령 제41조 제2항). "
        "동의를 철회하셔도 기한 전에는 삭제되지 않습니다.",
        "en": "They are kept because the law asks for it (Protection of Communications Secrets "
        "Act art. 15-2, decree art. 41(2)). Withdrawing consent does not remove them before "
        "their day.",
    },
    "legitimate_interest": {
        "ko": "사이트를 안전하게 운영하기 위한 정당한 이익에 근거하여 보관합니다. "
        "쿠키 설정 화면에서 언제든지 본인의 기록을 삭제하실 수 있습니다.",
        "en": "They are kept for the legitimate interest of running the site safely. You can "
        "have yours deleted at any time in the cookie settings.",
    },
    "consent": {
        "ko": "‘{purpose}’ 목적을 허용하신 경우에만 보관합니다. "
        "거부하거나 철회하시면 바로 삭제됩니다.",
        "en": "They are kept only while you allow “{purpose}”. Refusing or withdrawing it "
        "removes them at once.",
    },
}
_REFUSED: Final[Words] = {
    "ko": "방문 기록은 법령에 따라 보관해야 하므로(통신비밀보호법 시행령 제41조 제2항) 지금 "
    "삭제할 수 없습니다(개인정보 보호법 제37조 제4항). 지금까지의 기록은 늦어도 {until}까지 "
    "파기됩니다.",
    "en": "The law obliges this site to keep records of visits (Protection of Communications "
    "Secrets Act decree art. 41(2)), so they cannot be deleted now (Personal Information "
    "Protection Act art. 37(4)). Those recorded until now are destroyed by {until} at the latest.",
}
_ERASED: Final[Words] = {
    "ko": "지금까지 이 브라우저의 방문자 번호로 남은 방문 기록을 모두 삭제했습니다.",
    "en": "All visits recorded so far under this browser's visitor id have been deleted.",
}


def basis_words(basis: str, purpose_names: Words) -> Words:
    """Returns why visits are kept. purpose_names: what visitors know the purpose by."""
    return {
        language: words.format(purpose=purpose_names.get(language, ""))
        for language, words in _BASES.get(basis, {}).items()
    }


def refused_words(until: datetime, zone: str) -> Words:
    """Returns why nothing is deleted and by when it is destroyed anyway. zone: IANA name."""
    local = until.astimezone(ZoneInfo(zone))
    return {
        "ko": _REFUSED["ko"].format(until=f"{local:%Y년 %-m월 %-d일 %H:%M}({zone})"),
        "en": _REFUSED["en"].format(until=f"{local:%Y-%m-%d %H:%M} ({zone})"),
    }


def erased_words() -> Words:
    """Returns that they are gone."""
    return _ERASED


def in_language(words: Words, language: str) -> str:
    """Returns the words in one language, in English where there are none."""
    return words.get(language) or words.get("en", "")
