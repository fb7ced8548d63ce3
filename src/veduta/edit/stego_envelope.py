"""Envelopes: what makes bytes recognizable, whole and, with a password, secret.

A password becomes keys by scrypt (C. Percival, 2009) with a salt of its own; AES-GCM seals and proves what is inside.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from veduta.edit.stego_message import DamagedMessage, WrongPassword
from veduta.errors import BadInput

MAGIC = b"VDTA"
VERSION = 1
SALT, TAG = 16, 16
OPEN_HEADER = 4 + 1 + 4 + 4
LOCKED_HEADER = 8 + TAG
CHECK = 4
COST = {"n": 1 << 15, "r": 8, "p": 3}

# In a robust mark every byte is dear: a salt and a tag of half the length.
SHORT_SALT, SHORT_TAG = 8, 8
_HEADER, _BODY = b"\0" * 12, b"\0" * 11 + b"\1"


class EmptyPassword(BadInput):
    """A password without a character."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a password becomes: a key that seals, and one that tells where."""

    seal: bytes
    place: bytes


def check_password(password: str) -> str:
    """The password; raises EmptyPassword where it is none."""
    if not password:
        raise EmptyPassword("an empty password protects nothing: give one, or none at all")
    return password


def new_salt(length: int = SALT) -> bytes:
    """Random bytes that make the keys of one message unlike those of any other."""
    return os.urandom(length)


def keys(password: str, salt: bytes) -> Keys:
    """The keys that a password becomes with a salt; a quarter of a second by intention."""
    made = Scrypt(salt=salt, length=64, **COST).derive(
        check_password(password).encode("utf-8", "surrogatepass")
    )
    return Keys(made[:32], made[32:])


def open_header(length: int) -> bytes:
    """The header of an unlocked message of `length` bytes."""
    head = MAGIC + struct.pack("<BI", VERSION, length)
    return head + struct.pack("<I", zlib.crc32(head))


def read_open_header(header: bytes) -> int | None:
    """The length that a header tells; None where it is no header."""
    head, check = header[:-4], header[-4:]
    if not head.startswith(MAGIC) or struct.pack("<I", zlib.crc32(head)) != check:
        return None
    version, length = struct.unpack("<BI", head[4:])
    return int(length) if version == VERSION else None


def locked_header(length: int, key: Keys) -> bytes:
    """The sealed header of a locked message of `length` bytes."""
    return AESGCM(key.seal).encrypt(_HEADER, struct.pack("<Q", length), None)


def read_locked_header(header: bytes, key: Keys) -> int | None:
    """The length that a sealed header tells; None where the key does not open it."""
    try:
        return int(struct.unpack("<Q", AESGCM(key.seal).decrypt(_HEADER, header, None))[0])
    except InvalidTag:
        return None


def sealed(data: bytes, key: Keys | None) -> bytes:
    """Data that prove to be whole: with a check sum, or encrypted where there is a key."""
    if key is None:
        return data + struct.pack("<I", zlib.crc32(data))
    return AESGCM(key.seal).encrypt(_BODY, data, None)


def unsealed(data: bytes, key: Keys | None) -> bytes:
    """What `sealed` was given; raises DamagedMessage."""
    if key is None:
        body = data[:-CHECK]
        if len(data) < CHECK or struct.pack("<I", zlib.crc32(body)) != data[-CHECK:]:
            raise DamagedMessage("a message is there, but damaged: its check sum does not hold")
        return body
    try:
        return AESGCM(key.seal).decrypt(_BODY, data, None)
    except InvalidTag as error:
        raise DamagedMessage("a message is there, but damaged: its seal is broken") from error


def short_sealed(data: bytes, password: str | None) -> bytes:
    """Data for a robust mark, which proves them whole by itself; with a password: salt, then sealed data."""
    if password is None:
        return data
    salt = new_salt(SHORT_SALT)
    return salt + AESCCM(keys(password, salt).seal, SHORT_TAG).encrypt(_BODY, data, None)


def short_unsealed(data: bytes, locked: bool, password: str | None) -> bytes:
    """What `short_sealed` was given; raises WrongPassword."""
    if not locked:
        return data
    if password is None:
        raise WrongPassword("a message is there, but locked: give its password")
    if len(data) < SHORT_SALT + SHORT_TAG:
        raise DamagedMessage("a message is there, but damaged: it is too short")
    key = keys(password, data[:SHORT_SALT])
    try:
        return AESCCM(key.seal, SHORT_TAG).decrypt(_BODY, data[SHORT_SALT:], None)
    except InvalidTag as error:
        raise WrongPassword("a message is there, but this is not its password") from error
