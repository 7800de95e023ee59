"""The table of passkeys: public keys of operators' devices; what signs with them stays there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class Passkey(Model):
    """A device, or a set of synced devices, that proves who an operator is."""

    __tablename__ = "operator_passkeys"
    __table_args__ = ({"comment": "public keys of devices that operators sign in with"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    operator_id: Mapped[int] = mapped_column(
        ForeignKey("operators.id"), index=True, comment="whose it is"
    )
    name: Mapped[str] = mapped_column(String(80), comment="what its owner calls it")
    credential_sha256: Mapped[str] = mapped_column(
        String(64), unique=True, comment="SHA-256 of the id that the device gave it"
    )
    credential: Mapped[bytes] = mapped_column(
        LargeBinary, comment="id and public key, packed as WebAuthn 6.5.2 says"
    )
    user_handle: Mapped[bytes] = mapped_column(
        LargeBinary(64), comment="what the device calls its owner; tells nobody who that is"
    )
    transports: Mapped[str] = mapped_column(
        String(60), comment="ways to reach the device, with spaces between"
    )
    is_synced: Mapped[bool] = mapped_column(
        Boolean, comment="true: its maker may copy it to other devices of the owner"
    )
    sign_count: Mapped[int] = mapped_column(
        BigInteger, comment="the device's count of uses at the last one; going back is a copy"
    )
    challenge_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when the last question it answered was made; none older is taken"
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was added")
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="last use")

    @property
    def credential_id(self) -> bytes:
        """The id that the device gave it: 16 bytes of its make, then two of the id's length."""
        ends = 18 + int.from_bytes(self.credential[16:18])
        return self.credential[18:ends]
