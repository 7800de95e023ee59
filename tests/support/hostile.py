"""A site whose operator, or whoever got into the account, wrote an attack into every field.

What is shown of it must be the letters as they were written. Sources of the corpus: OWASP XSS
filter evasion cheat sheet; JSON inside scripts (U+2028); template languages on either side.
"""

from __future__ import annotations

from typing import Any

from consent_server.policies.wording import BUILT_IN

CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "javascript:alert(1)",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</script><script>alert(1)</script>",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)} <%= alert(1) %> {% print(7*7) %}",
    "\u2028alert(1)\u2029//\\u003cscript\\u003e",
    "[x](javascript:alert(1)) <a href=javascript:alert(1)>x</a>",
    '</title></style><iframe srcdoc="<script>alert(1)</script>">',
    "<!--<script>--><math><mi xlink:href=data:x,alert(1)>",
    "&lt;img src=x onerror=alert(1)&gt; %(service)s %s {0}",
]
SITE = {
    "name": CORPUS[6],
    "controller": CORPUS[1],
    "contact": f"{CORPUS[3]}@x",  # with an @ in it, it becomes a link
}
_LONG_TEXTS = ("body", "preferences_body", "necessary_text", "gpc")


def hostile_notice() -> dict[str, Any]:
    """Returns a notice in English; each purpose and service carries one attack in all fields."""
    keys = [f"p{number}" for number in range(12)]  # as many purposes as a notice may have
    return {
        "languages": ["en"],
        "purposes": [
            {"key": key, "names": {"en": attack}, "texts": {"en": " ".join(CORPUS)}}
            for key, attack in zip(keys, CORPUS, strict=False)
        ],
        "services": [
            {
                "key": f"s{number}",
                "purpose": keys[number % len(keys)],
                "name": attack,
                "vendor": attack,
                "country": attack[:60],
                "stores": {"en": attack},
                "keeps": {"en": attack},
                "names": ["<script>alert(1)</script>"],
            }
            for number, attack in enumerate(CORPUS)
        ],
        "texts": {"en": hostile_texts()},
    }


def hostile_texts() -> dict[str, str]:
    """Returns an attack for every text there is; no two are the same."""
    texts = {
        key: f"{key} {CORPUS[number % len(CORPUS)]}"[:60]
        for number, key in enumerate(BUILT_IN["en"]["texts"])
    }
    for key in _LONG_TEXTS:
        texts[key] = " ".join(CORPUS)
    for key in ("question_body", "embed_blocked"):
        texts[key] = " ".join([*CORPUS, "{service} {stores} {keeps}"])
    return texts
