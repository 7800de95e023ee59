"""Korean is complete: every message of the console, none fuzzy, and compiled."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
KOREAN = ROOT / "consent_server" / "translations" / "ko" / "LC_MESSAGES"


def korean() -> Catalog:
    with (KOREAN / "messages.po").open("rb") as file:
        return read_po(file, locale="ko")


def used_messages() -> set[str]:
    found = [
        *extract_from_dir(ROOT / "consent_server", [("**.py", "python")]),
        *extract_from_dir(ROOT / "templates", [("**.html", "jinja2")]),
    ]
    return {str(message) for _, _, message, _, _ in found}


def test_every_message_has_a_korean_translation_and_none_is_left_over() -> None:
    translated = {str(message.id) for message in korean() if message.id and message.string}

    assert used_messages() == translated


def test_no_translation_is_fuzzy_or_loses_a_placeholder() -> None:
    catalogue = korean()
    for message in catalogue:
        if message.id:
            assert not message.fuzzy, message.id
            assert not list(message.check(catalogue)), message.id


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, korean())

    assert (KOREAN / "messages.mo").read_bytes() == compiled.getvalue()
