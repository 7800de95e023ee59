"""The built script and its parts, and what each of them needs to be told. Pure.

A part is the text of a JavaScript function body. The server joins those to the script that the
site's settings need from the start; a page fetches the others when it first needs them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consent_server.banner.schemas import BannerSettings
from consent_server.errors import ConfigError

CORE_TEXTS: Final = (
    "title", "body", "accept_all", "ask_each", "refuse_all", "details", "saved", "reopen",
)  # fmt: skip
TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "preferences": (
        "preferences_title", "preferences_body", "necessary", "necessary_text", "always_on",
        "services", "vendor", "stores", "keeps", "save", "close", "withdraw", "policy",
        "consent_id", "decided_at", "cookies", "cookie", "copy", "copied", "language", "gpc",
    ),
    "question": ("question_title", "question_body", "allow", "refuse", "always"),
    "embeds": ("embed_blocked", "embed_load", "embed_always"),
    "extras": (),
    "focus": (),
}  # fmt: skip
CHANGES: Final = "changes"
"""The part for a notice that has changed or is about to: only then it comes with the script."""
CHANGES_TEXTS: Final = ("changed", "others_stay", "allow", "refuse", "save", "close", "policy")
FETCHED: Final = frozenset(TEXTS)


@dataclass(frozen=True, slots=True)
class Script:
    """The code of the banner as it was built. build: names it, 10 hex digits."""

    core: str
    parts: dict[str, str]
    build: str


def read_script(static_folder: Path) -> Script:
    """Reads what `make banner` has built. Raises ConfigError when it is missing."""
    core = static_folder / "embed.js"
    if not core.exists():
        raise ConfigError(f"{core} is missing; run `make banner`.")
    files = sorted((static_folder / "parts").glob("*.js"))
    parts = {file.stem: file.read_text("utf-8").strip() for file in files}
    code = core.read_text("utf-8").strip()
    build = hashlib.sha256("\0".join([code, *parts.values()]).encode()).hexdigest()[:10]
    return Script(code, parts, build)


def joined_at_start(settings: BannerSettings, *, cleans_up: bool) -> list[str]:
    """Returns the parts that come with the script; what tells vendors follows what decides.

    cleans_up: the notice lists names of cookies or storage keys.
    """
    wanted = {
        "dnt": settings.dnt,
        "root": settings.root_domain,
        "import": settings.import_choices,
        "google": settings.google is not None,
        "uet": settings.uet,
        "clarity": settings.clarity,
        "meta": settings.meta,
        "tiktok": settings.tiktok,
        "blocking": settings.blocking,
        "cleanup": cleans_up or settings.reload,
        "centre": settings.look.position == "centre",
        "inline": settings.look.position == "inline",
        "extras": settings.mirror_cc,  # its verbs and data-cc answer at once
        "cc3": settings.mirror_cc,
    }
    return [name for name, is_wanted in wanted.items() if is_wanted] + list(settings.start)
