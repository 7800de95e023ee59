"""What findings stand on: law, guidelines, standards, measurements; named as lawyers find them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from consent_server.errors import N_

PIPA_15: Final = N_("PIPA art. 15(2): purpose, items, period, right to refuse and what follows")
PIPA_17: Final = N_("PIPA art. 17(2): recipient of what is provided; GDPR art. 13(1)(e)")
PIPA_22: Final = N_("PIPA art. 22(1): separate consent per matter, marketing apart")
PIPA_22_3: Final = N_("PIPA art. 22(3): what needs no consent is told apart, with its basis")
DECREE_17: Final = N_("Decree of PIPA art. 17(4): say plainly that consent is optional")
PIPA_28_8: Final = N_("PIPA art. 28-8(2), GDPR art. 13(1)(f): transfer to another country")
PIPA_30_OFFICER: Final = N_("PIPA art. 30(1)6: officer and contacts; GDPR art. 13(1)(b)")
PIPA_30_COOKIES: Final = N_("PIPA art. 30(1)7: cookies, how they are set and refused")
GDPR_13_CONTACT: Final = N_("GDPR art. 13(1)(a): identity and contact of the controller")
GDPR_13_COMPLAINT: Final = N_("GDPR art. 13(2)(d): right to complain to an authority")
GDPR_13_PERIOD: Final = N_("GDPR art. 13(2)(a), Planet49 (C-673/17): how long it is kept")
GDPR_7_3: Final = N_("GDPR art. 7(3), PIPA art. 37: told beforehand that one may withdraw")
GDPR_12: Final = N_("GDPR art. 12(1), Decree of PIPA art. 17(1): clear and easy words")
EPRIVACY_5_3: Final = N_("ePrivacy Directive art. 5(3): consent before anything is stored")
EDPB_ESSENTIAL: Final = N_("EDPB cookie banner taskforce (2023): essential must be essential")
EDPB_CONTRAST: Final = N_("EDPB cookie banner taskforce (2023), CNIL 2020-092: refusing as easy")
DARK_PATTERNS: Final = N_("Korean E-Commerce Act art. 21-2: no option may look required")
CCPA_GPC: Final = N_("CCPA regulations 11 CCR 7025: the signal is heeded and shown")
WCAG_TEXT: Final = N_("WCAG 2.2, 1.4.3 and KWCAG 2.2, 5.4.3: contrast of 4.5 to 1")
WCAG_CONTROL: Final = N_("WCAG 2.2, 1.4.11: contrast of 3 to 1")
ROBOTS: Final = N_("Measured with DuckDuckGo autoconsent: labels that its heuristics recognise")
WITHDRAWAL: Final = N_("PIPA art. 37, GDPR art. 7(3): what was refused is taken away again")
GATES: Final = N_("How gates work: what no notice knows can never be granted")

LINKS: Final[Mapping[str, str]] = {
    PIPA_15: "https://www.law.go.kr/법령/개인정보보호법/제15조",
    PIPA_17: "https://www.law.go.kr/법령/개인정보보호법/제17조",
    PIPA_22: "https://www.law.go.kr/법령/개인정보보호법/제22조",
    PIPA_22_3: "https://www.law.go.kr/법령/개인정보보호법/제22조",
    DECREE_17: "https://www.law.go.kr/법령/개인정보보호법시행령/제17조",
    PIPA_28_8: "https://www.law.go.kr/법령/개인정보보호법/제28조의8",
    PIPA_30_OFFICER: "https://www.law.go.kr/법령/개인정보보호법/제30조",
    PIPA_30_COOKIES: "https://www.law.go.kr/법령/개인정보보호법/제30조",
    GDPR_13_CONTACT: "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
    GDPR_13_COMPLAINT: "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
    GDPR_13_PERIOD: "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
    GDPR_7_3: "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
    GDPR_12: "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
    WCAG_TEXT: "https://www.w3.org/TR/WCAG22/#contrast-minimum",
    WCAG_CONTROL: "https://www.w3.org/TR/WCAG22/#non-text-contrast",
    ROBOTS: "https://github.com/duckduckgo/autoconsent",
}
"""Where a source can be read, of those with an address that lasts."""
