"""One random 256-bit key per calendar day, and one per name where no day owns it (`names`).

A payload is encrypted (AES-256-GCM) before any database sees it, bound to its class, key and row
id. `destroy_all` destroys keys in their store and forgets them; after that nothing in this program
can read what they sealed. Keys never reach a database: a key kept in a table survives in its
write-ahead log.

Between two uses a key stays in memory as a ready cipher, because to ask the store costs more than
to encrypt. Other processes destroy keys too, so the store is asked before payloads are opened, each
time; before one is sealed, once a second at most. That second is safe: what a destroyed key seals,
no process can open, as each asks first; it can be lost early, never be read late. Then every
held key is asked about, so no process that takes visits keeps a destroyed key in memory for longer.

An old copy of the ring would bring destroyed keys back. So a ring is taken up only when a witness
beside the data has seen no later one, and from then on nothing older is used in this process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

from consent_server.entropy import random_bytes
from consent_server.errors import KeyDestroyed, Unavailable
from consent_server.keys.folder import FolderStore
from consent_server.keys.hashes import finished, started
from consent_server.keys.memory import wiped
from consent_server.keys.names import KeyName
from consent_server.keys.store import KeyId, KeyStore, Mark, NoWitness, Witness

_NONCE_BYTES: Final = 12  # random nonces stay safe far beyond the rows of one day (2^32)
_TRUST_SECONDS: Final = 1.0

Sealed = tuple[KeyName, UUID, bytes]  # day or name of the key, id of the row, payload


@dataclass(frozen=True, slots=True)
class _Held:
    """A key in memory; OpenSSL wipes its copies when the last reference to them goes.

    hashes: by purpose, as they are first asked for.
    """

    cipher: AESGCM
    key_id: KeyId
    hashes: dict[str, HMAC] = field(default_factory=dict)


class KeyRing:
    """The keys in one store, shared by every process that reaches it.

    place: a store, or the folder of one.
    witness: remembers beside the data how far the ring came; without one, only this process does.
    trust_seconds: how long a held key seals before the store is asked again.

    Keys are used under a lock, for half a microsecond each: when `destroy_all` returns, no thread
    is still sealing or opening with the key. Verbs raise OldRing, ConfigError or OSError when the
    store cannot be used, and Unavailable while the witness is away and was never asked.
    """

    def __init__(
        self,
        place: Path | KeyStore,
        *,
        witness: Witness | None = None,
        trust_seconds: float = _TRUST_SECONDS,
    ) -> None:
        self._trust_seconds = trust_seconds
        self._store: KeyStore = FolderStore(place) if isinstance(place, Path) else place
        self._witness: Witness = witness or NoWitness()
        self._was_confirmed = False
        self._held: dict[KeyName, _Held] = {}
        self._trusted_until = 0.0  # by the monotonic clock
        self._lock = threading.Lock()

    def encrypt(self, record_class: str, name: KeyName, row_id: UUID, plain: bytes) -> bytes:
        """Returns nonce and ciphertext of a payload under the key of its day, or a named one."""
        self._confirm_once()
        nonce = random_bytes(_NONCE_BYTES)
        associated = _associated(record_class, name, row_id)
        with self._lock:
            self._look_now_and_then()
            cipher = self._cipher(name, make=True)
            return nonce + cipher.encrypt(nonce, plain, associated)

    def decrypt(self, record_class: str, name: KeyName, row_id: UUID, payload: bytes) -> bytes:
        """Returns the payload of a row.

        Raises KeyDestroyed when the key is gone or is not the one it was sealed with.
        """
        self._confirm_once()
        with self._lock:
            self._look([name])
            return self._open(record_class, (name, row_id, payload))

    def decrypt_page(self, record_class: str, rows: Iterable[Sealed]) -> list[bytes | None]:
        """Returns the payloads of some rows; None where the key is gone or does not fit.

        The store is asked once per page, not once per row.
        """
        self._confirm_once()
        with self._lock:
            self._look(list(self._held))
        return [self._opened(record_class, row) for row in rows]

    def keyed_hash(self, name: KeyName, purpose: str, value: bytes) -> bytes:
        """Returns the 16 bytes by which a value that is written now can be found again.

        The same for the same key, purpose and value; without the key nobody can make or test one.
        The key is made when there is none, as `encrypt` does.
        """
        self._confirm_once()
        with self._lock:
            self._look_now_and_then()
            return finished(self._hash(name, purpose, make=True), value)

    def keyed_hash_or_none(self, name: KeyName, purpose: str, value: bytes) -> bytes | None:
        """Returns the hash to search by; None once the key is gone. Makes no key."""
        self._confirm_once()
        with self._lock:
            self._look([name])
            try:
                return finished(self._hash(name, purpose, make=False), value)
            except KeyDestroyed:
                return None

    def names(self) -> list[KeyName]:
        """Returns the names whose keys exist: days first, oldest first."""
        self._confirm_once()
        return self._store.names()

    def days(self) -> list[date]:
        """Returns the days whose keys exist, oldest first."""
        return [name for name in self.names() if isinstance(name, date)]

    def mark(self) -> Mark | None:
        """Returns how far the ring has come; None when none was made yet."""
        self._confirm_once()
        return self._store.mark()

    def is_roll_due(self) -> bool:
        """Whether keys were destroyed whose master key still exists: see `destroy_all`."""
        return self._store.is_roll_due()

    def damaged(self) -> list[KeyName]:
        """Returns the names whose keys exist and cannot be read, days first.

        Raises ConfigError when the master key is lost or damaged: then no key can be read, and when
        keys could be neither made nor destroyed.
        """
        self._confirm()
        return self._store.damaged()

    def check(self) -> None:
        """Raises ConfigError or OSError when no key could be read or made; makes none itself.

        Also compares with what the witness has seen, and tells it what is new; raises Unavailable
        while it is away.
        """
        self._confirm()
        self._store.check()

    def destroy_all(self, names: Iterable[KeyName]) -> None:
        """Destroys keys for good and rolls the master key once; forgets them in this process.

        Idempotent, and finishes what an earlier call left, so call it with no names as well. When
        it returns, no copy of a destroyed key opens anything any more. When it raises OSError, it
        must be called again: a key that is not among `names()` any longer is destroyed all the
        same, and only the roll is due (`is_roll_due`).
        """
        with suppress(Unavailable):  # destruction does not wait for a database
            self._confirm()
        self._forget()
        try:
            self._store.destroy_all(names)
        finally:
            self._forget()
        with suppress(Unavailable):  # told at the next check
            self._confirm()

    def destroy(self, name: KeyName) -> None:
        """Destroys one key, as `destroy_all` does."""
        self.destroy_all([name])

    def _confirm_once(self) -> None:
        if not self._was_confirmed:
            self._confirm()

    def _confirm(self) -> None:
        """Asks the witness first: what it has seen by now, the store must still have."""
        seen = self._witness.last_seen()
        if seen is not None:
            self._store.expect(Mark(*seen))
        found = self._store.mark()
        if found is not None and (seen is None or seen[1] < found.generation):
            self._witness.remember(found.ring, found.generation)
        self._was_confirmed = True

    def _forget(self) -> None:
        with self._lock:
            self._held.clear()

    def _opened(self, record_class: str, row: Sealed) -> bytes | None:
        with self._lock:
            try:
                return self._open(record_class, row)
            except KeyDestroyed:
                return None

    def _open(self, record_class: str, row: Sealed) -> bytes:
        name, row_id, payload = row
        cipher = self._cipher(name, make=False)
        try:
            return cipher.decrypt(
                payload[:_NONCE_BYTES],
                payload[_NONCE_BYTES:],
                _associated(record_class, name, row_id),
            )
        except InvalidTag as error:
            raise KeyDestroyed(f"The key of {name} does not open this record.") from error

    def _look_now_and_then(self) -> None:
        now = time.monotonic()
        if now >= self._trusted_until:
            self._look(list(self._held))
            self._trusted_until = now + self._trust_seconds

    def _look(self, names: Iterable[KeyName]) -> None:
        """Forgets a held key unless it is the very key that lies in the store."""
        held = [name for name in names if name in self._held]
        try:
            present = self._store.ids(held)
        except Exception:
            self._held.clear()  # nobody knows which of them still exist
            raise
        for name in held:
            if present.get(name) != self._held[name].key_id:
                del self._held[name]

    def _cipher(self, name: KeyName, *, make: bool) -> AESGCM:
        held = self._held.get(name) or self._take(name, (), make=make)
        return held.cipher

    def _hash(self, name: KeyName, purpose: str, *, make: bool) -> HMAC:
        held = self._held.get(name)
        if held is None or purpose not in held.hashes:
            known = () if held is None else tuple(held.hashes)
            held = self._take(name, (*known, purpose), make=make)
        return held.hashes[purpose]

    def _take(self, name: KeyName, purposes: Iterable[str], *, make: bool) -> _Held:
        with wiped() as key:
            key_id = self._store.read_into(key, name, make=make)
            hashes = {purpose: started(key, purpose) for purpose in purposes}
            held = self._held[name] = _Held(AESGCM(key), key_id, hashes)
        return held


def renew(folder: Path, witness: Witness) -> Mark:
    """Begins a new ring where the last one is lost, and has the witness take it for the present.

    Raises ConfigError when anything of a ring lies in the folder.
    """
    store = FolderStore(folder)
    store.begin()
    mark = store.mark()
    assert mark is not None
    witness.replace(mark.ring, mark.generation)
    return mark


def _associated(record_class: str, name: KeyName, row_id: UUID) -> bytes:
    return f"{record_class}|{name}|{row_id}".encode()
