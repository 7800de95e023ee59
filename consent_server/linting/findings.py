"""What a rule looks at, what it finds, and what stands behind it. Pure.

A rule knows nothing of languages of the console: its words are the English ones, with places for
facts, and whoever shows them may translate them first (admin.findings).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from consent_server.banner.schemas import BannerSettings
from consent_server.linting.evidence import Evidence
from consent_server.policies.schemas import Notice
from consent_server.policies.wording import BUILT_IN

Severity = Literal["error", "warning", "hint"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "hint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A site's notice and banner as the rules see them.

    language: of last resort. evidence: what was seen to be in use on a page of the site.
    """

    notice: Notice
    settings: BannerSettings
    contact: str = ""
    language: str = "ko"
    evidence: Evidence = field(default_factory=Evidence)

    def text(self, language: str, key: str) -> str:
        """Returns a phrase as visitors read it, "" where none is known."""
        own = self.notice.texts.get(language, {}).get(key)
        return own or str(BUILT_IN.get(language, {}).get("texts", {}).get(key, ""))

    def is_own(self, language: str, key: str) -> bool:
        """Whether the site replaced the built-in phrase by another one."""
        built_in: str | None = BUILT_IN.get(language, {}).get("texts", {}).get(key)
        return self.text(language, key) != built_in


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a rule found something. place: dotted, such as `texts.ko.body` or `look.colours`."""

    place: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to look for. words: with `%(fact)s` for each fact of its spots."""

    name: str
    severity: Severity
    source: str
    words: str
    check: Callable[[Examined], Iterable[Spot]]

    def findings(self, examined: Examined) -> Iterator[Finding]:
        """Yields what the rule finds."""
        for spot in self.check(examined):
            yield Finding(self, spot.place, spot.facts)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend, or to know."""

    rule: Rule
    place: str
    facts: Mapping[str, str]

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return self.rule.severity

    @property
    def words(self) -> str:
        """What was found, in English."""
        return self.rule.words % self.facts
