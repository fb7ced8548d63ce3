"""Passwords and sessions."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from veduta.errors import VedutaError
from veduta.library.catalog import Catalog
from veduta.server import sessions
from veduta.server.sessions import (
    FREE_ATTEMPTS,
    Brake,
    Sessions,
    TooManyAttempts,
    WrongPassword,
    hash_password,
    matches,
    store_hash,
    stored_hash,
)

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def password_hash() -> str:
    """One hash for all: argon2id is slow on purpose."""
    return hash_password(PASSWORD)


def test_hash_is_argon2id(password_hash: str) -> None:
    assert password_hash.startswith("$argon2id$")
    assert PASSWORD not in password_hash
    assert matches(password_hash, PASSWORD)
    assert not matches(password_hash, PASSWORD + " ")
    assert not matches("no hash", PASSWORD)
    with pytest.raises(VedutaError, match="at least 8"):
        hash_password("short")


def test_sessions_outlive_the_process_but_not_the_password(tmp_path: Path, password_hash: str) -> None:
    with Catalog.open(tmp_path) as catalog:
        store_hash(catalog, password_hash)
        assert stored_hash(catalog) == password_hash
        token, _ = Sessions(catalog).log_in(PASSWORD, "a")
        assert Sessions(catalog).admits(token)
        assert not Sessions(catalog).admits(token + "x")
        assert not Sessions(catalog).admits(None)
        store_hash(catalog, hash_password("another password"))
        assert not Sessions(catalog).admits(token)
        store_hash(catalog, None)
        assert not Sessions(catalog).required and Sessions(catalog).admits(None)


def test_tokens_are_not_kept(tmp_path: Path, password_hash: str) -> None:
    with Catalog.open(tmp_path) as catalog:
        token, _ = Sessions(catalog, password_hash).log_in(PASSWORD, "a")
    for file in tmp_path.glob("catalog.db*"):
        assert token.encode() not in file.read_bytes()


def test_sessions_expire(tmp_path: Path, password_hash: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Catalog.open(tmp_path) as catalog:
        kept = Sessions(catalog, password_hash, lifetime=60)
        token, _ = kept.log_in(PASSWORD, "a")
        assert kept.admits(token)
        now = time.time()
        monkeypatch.setattr(sessions.time, "time", lambda: now + 61)
        assert not kept.admits(token)
        assert not Sessions(catalog, password_hash).admits(token)


def test_guessing_is_braked(tmp_path: Path, password_hash: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now)
    with Catalog.open(tmp_path) as catalog:
        kept = Sessions(catalog, password_hash)
        for _ in range(FREE_ATTEMPTS):
            with pytest.raises(WrongPassword):
                kept.log_in("wrong password", "a")
        with pytest.raises(TooManyAttempts) as caught:
            kept.log_in(PASSWORD, "a")
        assert caught.value.wait >= 1
        kept.log_in(PASSWORD, "b")
        now += 2
        kept.log_in(PASSWORD, "a")


def test_many_addresses_do_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now)
    brake = Brake()
    tried = 0
    with pytest.raises(TooManyAttempts):
        for number in range(10_000):
            brake.check(f"10.0.{number // 256}.{number % 256}")
            brake.failed(f"10.0.{number // 256}.{number % 256}")
            tried += 1
    assert tried == 10 * FREE_ATTEMPTS
