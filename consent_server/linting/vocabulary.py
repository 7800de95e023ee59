"""Words by which rules recognise what a sentence says, in the languages that they can read. Pure.

A sentence in another language is not judged: silence is better than a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Words = Mapping[str, tuple[str, ...]]

REFUSING: Final[Words] = {
    "ko": ("거부", "거절", "동의하지 않"),
    "en": ("refus", "reject", "declin", "deny", "opt out", "say no", "not agree"),
}
ANY_TIME: Final[Words] = {
    "ko": ("언제든", "철회", "변경", "바꾸", "바꿀"),
    "en": ("any time", "anytime", "withdraw", "change your", "whenever", "later change"),
}
OPTIONAL: Final[Words] = {
    "ko": ("선택", "동의하지 않으셔도", "거부하실 수"),
    "en": ("optional", "choice", "choose", "you may", "if you agree", "voluntar"),
}
ADVERTISING: Final[Words] = {
    "ko": ("광고", "마케팅"),
    "en": ("advert", "marketing", "campaign"),
}
STATISTICS: Final[Words] = {
    "ko": ("통계", "방문 분석", "접속 빈도"),
    "en": ("statistic", "analytics", "how often"),
}
LENGTHS: Final[Words] = {
    "ko": ("세션", "브라우저를 닫", "브라우저 종료", "하루", "한 달", "반년", "일 년", "한 해"),
    "en": ("session", "closed", "a day", "a week", "a month", "a year", "one ", "two ", "six "),
}
PRAISE: Final[Words] = {
    "ko": ("추천", "권장", "최적", "더 나은", "더 편리"),
    "en": ("recommend", "best", "better", "improve", "enjoy"),
}
NO_ANSWER: Final[Words] = {
    "ko": ("확인", "닫기", "계속", "계속하기", "알겠습니다", "다음"),
    "en": ("ok", "okay", "got it", "continue", "close", "next", "i understand", "understood"),
}


def says(text: str, words: Words, language: str) -> bool | None:
    """Whether a sentence has one of the words; None in a language that cannot be read."""
    known = words.get(language.split("-")[0])
    if known is None:
        return None
    spoken = text.casefold()
    return any(word in spoken for word in known)
