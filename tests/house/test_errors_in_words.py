"""What a service refuses is said in the operator's language, wherever a page shows it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask

from consent_server.admin.said import said
from consent_server.errors import N_, CommandError

PACKAGE = Path(__file__).parents[2] / "consent_server"
# nobody but a shell hears what is raised here
OF_THE_SHELL: Final = {
    "cli.py", "server.py", "drill", "storage", "setups", "certificates/files.py",
    "retention/commands.py", "statistics/commands.py", "reports/commands.py",
    "certificates/commands.py", "banner/commands.py", "reviews/commands.py", "linting/pages.py",
    "linting/commands.py", "reports/copy_commands.py", "reports/schedule_commands.py",
    "reports/manifest.py",
}  # fmt: skip
# pages answer these with words or a status of their own
OF_ITS_OWN_WORDS: Final = {
    "operators/services.py": "the page of operators says why nobody was invited or changed",
    "operators/invitations.py": "the same",
    "operators/sessions.py": "a session that has ended is what was wished",
    "operators/passwords.py": "the form of passwords has its own messages",
    "disclosures/rules.py": "the form names each field",
    "disclosures/requests.py": "the page of a request says who may do what",
    "disclosures/services.py": "the same",
    "reports/exports.py": "the form asks for the reason first",
    "reports/ledger.py": "answered with 403 or 404",
    "admin/notices.py": "says it in the language of the page",
}
KOREAN = PACKAGE / "translations" / "ko" / "LC_MESSAGES" / "messages.po"
ERRORS: Final = {"CommandError", "NotYourself", "LastOwner"}


def raised() -> Iterator[tuple[str, int, ast.expr]]:
    """Yields where CommandError is raised, and with which words."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ERRORS and node.args:
                yield place, node.lineno, node.args[0]


def is_of(place: str, known: set[str] | dict[str, str]) -> bool:
    return place in known or place.split("/")[0] in known


def marked(words: ast.expr, names: set[str]) -> bool:
    """Whether words are marked for translation, here or where their name is given a value."""
    if isinstance(words, ast.IfExp):
        return marked(words.body, names) and marked(words.orelse, names)
    if isinstance(words, ast.Name | ast.Attribute):
        return ast.unparse(words) in names
    return isinstance(words, ast.Call) and ast.unparse(words.func) == "N_"


def test_all_that_a_page_can_show_is_marked_for_translation() -> None:
    unmarked = [
        f"{place}:{line}"
        for place, line, words in raised()
        if not is_of(place, OF_THE_SHELL)
        and not is_of(place, OF_ITS_OWN_WORDS)
        and not marked(words, {"_NO_ORIGIN", "words", "job.problem"})
    ]

    assert unmarked == []


def test_no_reason_is_given_for_what_raises_nothing() -> None:
    places = {place for place, _, _ in raised()}

    assert set(OF_ITS_OWN_WORDS) <= places


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_every_marked_error_is_said_in_korean_with_its_fields(app: Flask) -> None:
    found = extract_from_dir(PACKAGE, [("**.py", "python")], keywords={"N_": None})
    templates = {str(message) for _, _, message, _, _ in found}
    silent = []
    with app.test_request_context("/admin/?lang=ko"):
        for template in templates:
            fields = dict.fromkeys(re.findall(r"%\((\w+)\)", template), "그것")
            told = said(CommandError(template, **fields))
            if not re.search("[가-힣]", told.replace("그것", "")):
                silent.append(template)

    assert templates
    assert silent == []


def test_a_korean_error_names_no_field_that_its_english_has_not() -> None:
    with KOREAN.open("rb") as file:
        wrong = [
            message.id
            for message in read_po(file, locale="ko")
            if isinstance(message.id, str)
            and set(re.findall(r"%\((\w+)\)", str(message.string)))
            - set(re.findall(r"%\((\w+)\)", message.id))
        ]

    assert wrong == []


def test_the_shell_hears_english_with_the_fields_in_it() -> None:
    error = CommandError(N_("A token is valid for 1 to %(days)s days."), days=366)

    assert str(error) == "A token is valid for 1 to 366 days."
    assert str(CommandError("100 % of it")) == "100 % of it"
