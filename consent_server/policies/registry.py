"""What a notice says beside its choices, in one language: processors and contacts. Pure.

Only what a notice has is in its text, so that those from before the registry keep their hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from consent_server.errors import N_, CommandError
from consent_server.policies.schemas import Body, Contact, Notice, Processor, Service, Transfer

_TRANSFER_TEXTS: Final = ("items", "method", "keeps", "refusing")

KOREAN_BODIES: Final = (
    Body(
        names={
            "ko": "개인정보침해 신고센터 (한국인터넷진흥원)",
            "en": "Personal data infringement centre (KISA)",
        },
        phone="118",
        url="https://privacy.kisa.or.kr",
    ),
    Body(
        names={
            "ko": "개인정보 분쟁조정위원회",
            "en": "Personal Information Dispute Mediation Committee",
        },
        phone="1833-6972",
        url="https://www.kopico.go.kr",
    ),
    Body(
        names={"ko": "대검찰청 사이버수사과", "en": "Supreme Prosecutors' Office, cyber crime"},
        phone="1301",
        url="https://www.spo.go.kr",
    ),
    Body(
        names={"ko": "경찰청 사이버수사국", "en": "National Police Agency, cyber crime"},
        phone="182",
        url="https://ecrm.police.go.kr",
    ),
)
"""Where people in Korea complain (PIPA art. 62), with the addresses of 2026."""


def one_text(texts: Mapping[str, str], language: str, where: str) -> str:
    """Returns a text in one language. Raises CommandError, naming the place, if it is missing."""
    if not texts.get(language):
        raise CommandError(
            N_("%(where)s has no text in %(language)r."), where=where, language=language
        )
    return texts[language]


def service_facts(service: Service) -> dict[str, Any]:
    """Returns what of a service is no text: names, hosts, days, party."""
    facts = {
        "names": list(service.names),
        "hosts": list(service.hosts),
        "keeps_days": service.keeps_days,
        "party": service.party,
    }
    return {name: fact for name, fact in facts.items() if fact not in (None, [])}


def registry_in(notice: Notice, language: str) -> dict[str, Any]:
    """Returns processors and contacts in one language; {} for a notice that names none.

    Raises CommandError, naming the missing text, when the language is not complete.
    """
    told = {
        "processors": [_processor(one, language) for one in notice.processors],
        "officer": notice.officer and _contact(notice.officer, language, "officer"),
        "staff": [_contact(one, language, f"staff.{at}") for at, one in enumerate(notice.staff, 1)],
        "complaints": [
            _body(one, language, f"complaints.{at}") for at, one in enumerate(notice.complaints, 1)
        ],
    }
    return {name: told_of for name, told_of in told.items() if told_of}


def ended_contracts(notice: Notice, today: date) -> list[Processor]:
    """Returns the processors whose contract is over and who still stand in the notice."""
    return [one for one in notice.processors if one.ends_on is not None and one.ends_on < today]


def _processor(processor: Processor, language: str) -> dict[str, Any]:
    where = f"processors.{processor.key}"
    told = {
        "key": processor.key,
        "name": processor.name,
        "tasks": one_text(processor.tasks, language, f"{where}.tasks"),
        "country": processor.country,
        "ends_on": processor.ends_on and processor.ends_on.isoformat(),
        "abroad": processor.abroad and _transfer(processor.abroad, language, where),
    }
    return {name: fact for name, fact in told.items() if fact}


def _transfer(transfer: Transfer, language: str, where: str) -> dict[str, str]:
    told = {
        name: one_text(getattr(transfer, name), language, f"{where}.abroad.{name}")
        for name in _TRANSFER_TEXTS
    }
    return told | ({"contact": transfer.contact} if transfer.contact else {})


def _contact(contact: Contact, language: str, where: str) -> dict[str, str]:
    told = {
        "name": one_text(contact.names, language, f"{where}.names"),
        "title": contact.titles.get(language, ""),
        "phone": contact.phone,
        "email": contact.email,
    }
    return {name: fact for name, fact in told.items() if fact}


def _body(body: Body, language: str, where: str) -> dict[str, str]:
    name = one_text(body.names, language, f"{where}.names")
    told = {"name": name, "phone": body.phone, "url": body.url}
    return {name: fact for name, fact in told.items() if fact}
