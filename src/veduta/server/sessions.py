"""Who is logged in: the access password, its sessions and the brake on guessing."""

from __future__ import annotations

import datetime
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request

from veduta.errors import VedutaError

if TYPE_CHECKING:
    from veduta.library.catalog import Catalog

COOKIE = "veduta_session"
LIFETIME = 30 * 24 * 3600
PASSWORD = "server.password"
SESSIONS = "server.sessions"
FREE_ATTEMPTS = 5
LONGEST_WAIT = 300.0


class WrongPassword(VedutaError):
    """The access password is another one."""


class TooManyAttempts(VedutaError):
    """Somebody guesses passwords; `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        self.wait = max(1, round(wait))
        super().__init__(f"too many wrong passwords: try again in {self.wait} s")


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`; refuses fewer than 8 characters."""
    from argon2 import PasswordHasher

    if len(password) < 8:
        raise VedutaError("the access password is too short: take at least 8 characters")
    return PasswordHasher().hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Whether `password` is the one of `password_hash`."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return PasswordHasher().verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def stored_hash(catalog: Catalog) -> str | None:
    """Return the hash of the library's access password, None when it has none."""
    from veduta.library.schema import Preference

    with catalog.session() as session:
        found = session.get(Preference, PASSWORD)
        return None if found is None else str(found.value)


def store_hash(catalog: Catalog, password_hash: str | None) -> None:
    """Keep the hash of the access password (None: no password any more); ends all sessions if it changes."""
    from veduta.library.schema import Preference

    with catalog.write() as session:
        for key in (PASSWORD, SESSIONS):
            old = session.get(Preference, key)
            if old is not None:
                session.delete(old)
        session.flush()
        if password_hash is not None:
            session.add(Preference(key=PASSWORD, value=password_hash))


def client_address(request: Request) -> str:
    """Return the address that a request came from."""
    return request.client.host if request.client else "unknown"


@dataclass
class Brake:
    """Makes guessing slow: after some wrong passwords an address waits, longer each time, up to five minutes.

    Addresses together are held to ten times the attempts of one, so that many addresses do not help much.
    """

    failures: dict[str, tuple[int, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, address: str) -> None:
        """Raise TooManyAttempts while `address` has to wait."""
        now = time.monotonic()
        with self.lock:
            for key, free in ((address, FREE_ATTEMPTS), ("*", 10 * FREE_ATTEMPTS)):
                count, last = self.failures.get(key, (0, 0.0))
                if count >= free:
                    wait = last + min(LONGEST_WAIT, 2.0 ** min(20, count - free)) - now
                    if wait > 0:
                        raise TooManyAttempts(wait)

    def failed(self, address: str) -> None:
        """Remember a wrong password; forgets addresses that have been quiet for an hour."""
        now = time.monotonic()
        with self.lock:
            self.failures = {k: v for k, v in self.failures.items() if now - v[1] < 3600}
            for key in (address, "*"):
                self.failures[key] = (self.failures.get(key, (0, 0.0))[0] + 1, now)

    def passed(self, address: str) -> None:
        """Forget the wrong passwords of `address`."""
        with self.lock:
            self.failures.pop(address, None)


class Sessions:
    """Sessions of one library, kept in its catalog (as hashes of their tokens) until they expire.

    Without a password everybody is admitted; the guard then sees to it that only this machine gets through.
    """

    def __init__(self, catalog: Catalog, password_hash: str | None = None, lifetime: int = LIFETIME) -> None:
        self.catalog = catalog
        self.lifetime = lifetime
        self.brake = Brake()
        self._lock = threading.Lock()
        self._verifying = threading.Semaphore(1)  # argon2 takes 64 MB a time
        self._hash = password_hash or stored_hash(catalog)
        self._live = self._load() if self._hash is not None else {}

    @property
    def required(self) -> bool:
        """Whether a password is set."""
        return self._hash is not None

    def admits(self, token: str | None) -> bool:
        """Whether the bearer of `token` may use the library."""
        return not self.required or self.expiry(token) is not None

    def expiry(self, token: str | None) -> datetime.datetime | None:
        """Return when the session of `token` ends, None when there is none."""
        if not token:
            return None
        with self._lock:
            ends = self._live.get(_digest(token), 0.0)
        if ends <= time.time():
            return None
        return datetime.datetime.fromtimestamp(ends, datetime.UTC)

    def log_in(self, password: str, address: str) -> tuple[str, datetime.datetime]:
        """Return a new token and its end; raises WrongPassword, TooManyAttempts."""
        with self._verifying:
            self.brake.check(address)
            if not matches(self._hash or "", password):
                self.brake.failed(address)
                raise WrongPassword("this is not the access password")
        self.brake.passed(address)
        token = secrets.token_urlsafe(32)
        ends = time.time() + self.lifetime
        with self._lock:
            self._live = {k: v for k, v in self._live.items() if v > time.time()}
            self._live[_digest(token)] = ends
            self._save()
        return token, datetime.datetime.fromtimestamp(ends, datetime.UTC)

    def log_out(self, token: str | None) -> None:
        """End the session of `token`."""
        if token:
            with self._lock:
                if self._live.pop(_digest(token), None) is not None:
                    self._save()

    def _load(self) -> dict[str, float]:
        from veduta.library.schema import Preference

        with self.catalog.session() as session:
            found = session.get(Preference, SESSIONS)
        # Sessions belong to the password under which they were opened.
        if found is None or found.value.get("password") != _digest(self._hash or ""):
            return {}
        return {str(k): float(v) for k, v in found.value["live"].items()}

    def _save(self) -> None:
        from veduta.library.schema import Preference

        value = {"password": _digest(self._hash or ""), "live": self._live}
        with self.catalog.write() as session:
            session.merge(Preference(key=SESSIONS, value=value))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
