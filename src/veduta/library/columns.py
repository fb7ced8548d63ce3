"""Column types that databases lack: paths in any encoding, and short vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

_ESCAPE = "\x1b"


def encode_path(path: str) -> str:
    """A path as text that every database accepts: bytes that are not UTF-8 become ESC and two digits."""
    if _ESCAPE not in path and path.isprintable():
        return path
    out = []
    for char in path:
        if "\udc80" <= char <= "\udcff":
            out.append(f"{_ESCAPE}{ord(char) - 0xDC00:02x}")
        elif char == _ESCAPE:
            out.append(f"{_ESCAPE}1b")
        else:
            out.append(char)
    return "".join(out)


def decode_path(stored: str) -> str:
    """The inverse of `encode_path`."""
    if _ESCAPE not in stored:
        return stored
    first, *rest = stored.split(_ESCAPE)
    out = [first]
    for part in rest:
        code = int(part[:2], 16)
        out.append((chr(code) if code < 0x80 else chr(0xDC00 + code)) + part[2:])
    return "".join(out)


class PathText(TypeDecorator[str]):
    """A file-system path as Python gives it (surrogates for bytes that are not UTF-8), kept reversibly."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encode on the way in."""
        return None if value is None else encode_path(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decode on the way out."""
        return None if value is None else decode_path(value)


class HalfVector(TypeDecorator[NDArray[np.float32]]):
    """A vector as float32 in Python and little-endian float16 bytes in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: NDArray[np.float32] | None, dialect: Dialect) -> bytes | None:
        """Encode on the way in."""
        return None if value is None else np.asarray(value, dtype="<f2").tobytes()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> NDArray[np.float32] | None:
        """Decode on the way out."""
        return None if value is None else np.frombuffer(value, dtype="<f2").astype(np.float32)
