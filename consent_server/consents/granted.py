"""Whether a visitor has granted a purpose: asked where a record needs consent and is no decision.

Counts what the visitor decided last, if that still holds (consents.rules). One read by index of the
main database, never of a replica: a withdrawal counts from the moment it is on disk.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select

from consent_server import clock
from consent_server.consents.models import ConsentRecord
from consent_server.consents.rules import is_valid
from consent_server.policies.directory import PolicyDirectory
from consent_server.policies.material import Choice
from consent_server.signing import Signatures
from consent_server.sites.directory import SiteEntry
from consent_server.storage.database import table_of

_TABLE = table_of(ConsentRecord)
_ASKED = ("action", "decisions", "services", "policy_version", "valid_until")


@dataclass(frozen=True, slots=True)
class GrantedPurposes:
    """Everything that the question needs, joined once when the application starts."""

    engine: Engine
    policies: PolicyDirectory
    signatures: Signatures

    def __call__(self, site: SiteEntry, visitor_token: str, purpose: str) -> bool:
        """Tells whether a visitor's grant of a purpose is in force. Raises TokenRefused."""
        query = (
            select(*(_TABLE.c[name] for name in _ASKED))
            .where(
                _TABLE.c.site_id == site.id,
                _TABLE.c.visitor_id == self.signatures.visitor_id(site.key, visitor_token),
            )
            .order_by(_TABLE.c.id.desc())
            .limit(1)
        )
        with self.engine.connect() as connection:
            record = connection.execute(query).mappings().one_or_none()
        if record is None or record["decisions"].get(purpose) is not True:
            return False
        if not is_valid(dict(record), clock.now()):
            return False
        choice = Choice(record["action"], record["decisions"], record["services"])
        again = self.policies.in_force(site.id).asked_again(record["policy_version"], choice)
        return again is not None and purpose not in again.purposes
