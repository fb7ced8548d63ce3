"""What is hidden in a photo: a text, a file or a picture, and the bytes that it becomes."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Literal, get_args

from veduta.errors import BadInput, VedutaError

Kind = Literal["text", "file", "picture"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST_BYTES = 256 << 20
_PACKED = 0x80
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


class NoMessage(VedutaError):
    """A picture in which no message is found."""


class DamagedMessage(VedutaError):
    """A message that is there, but cannot be read whole."""


class WrongPassword(VedutaError):
    """A message that is there, but does not open with this password, or with none."""


class TooMuch(BadInput):
    """A message that does not fit; says how much was asked for and how much fits."""

    def __init__(self, asked: int, fits: int, where: str = "the picture") -> None:
        self.asked, self.fits = asked, fits
        super().__init__(
            f"the message takes {asked:,} bytes and {where} holds {max(0, fits):,}: shorten it, or take a larger photo"
        )


@dataclass(frozen=True, slots=True)
class Message:
    """A text, or a file or picture with its name."""

    kind: Kind
    data: bytes
    name: str = ""

    @classmethod
    def of_text(cls, text: str) -> Message:
        """The message that says `text`."""
        return cls("text", text.encode("utf-8", "replace"))

    @property
    def text(self) -> str:
        """The data as text."""
        return self.data.decode("utf-8", "replace")


def pack(message: Message) -> bytes:
    """The bytes of a message: kind, name, data; deflated where that is shorter."""
    name = b"" if message.kind == "text" else _short(message.name).encode("utf-8")
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    small = squeezed.compress(message.data) + squeezed.flush()
    head = KINDS.index(message.kind)
    body = message.data
    if len(small) < len(body):
        head, body = head | _PACKED, small
    named = b"" if message.kind == "text" else bytes([len(name)]) + name
    return bytes([head]) + named + body


def unpack(data: bytes) -> Message:
    """The message that `pack` made these bytes of; raises DamagedMessage."""
    try:
        head, at, name = data[0], 1, ""
        kind = KINDS[head & ~_PACKED]
        if kind != "text":
            at = 2 + data[1]
            if at > len(data):
                raise IndexError
            name = safe_name(data[2:at].decode("utf-8", "replace"))
        body = data[at:]
        if head & _PACKED:
            opened = zlib.decompressobj(-15)
            body = opened.decompress(body, MOST_BYTES)
            if not opened.eof:
                raise DamagedMessage("a message is there, but damaged: it cannot be unpacked")
    except (IndexError, zlib.error) as error:
        raise DamagedMessage("a message is there, but damaged: it makes no sense") from error
    return Message(kind, body, name)


def safe_name(name: str) -> str:
    """A file name that leads nowhere but to the folder it is put in."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    return plain or "hidden"


def _short(name: str) -> str:
    """A name of at most 64 bytes that keeps its suffix."""
    name = safe_name(name).encode("utf-8", "replace").decode("utf-8")
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 12:
        stem, dot, suffix = name, "", ""
    room = 64 - len((dot + suffix).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + suffix
