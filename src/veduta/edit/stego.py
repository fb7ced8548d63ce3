"""Messages hidden in photos, from file to file: how much goes in, putting it in, getting it out.

Two ways: lossless, in the lowest bits, with much room and none of it left after any lossy copy; robust, a mark of a few
dozen bytes that outlives JPEG, resizing and cropping.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from PIL import Image

from veduta.edit import stego_dct as dct
from veduta.edit import stego_envelope as envelope
from veduta.edit import stego_lsb as lsb
from veduta.edit.picture_file import NotWritten, WouldOverwrite, same_file
from veduta.edit.stego_grid import Plane
from veduta.edit.stego_message import Message, NoMessage, TooMuch, pack, unpack
from veduta.edit.stored_file import LOSSLESS, Values, read_values, save_values
from veduta.errors import BadInput
from veduta.files import write_bytes
from veduta.image import decode
from veduta.image.photo import Pixels, at_most
from veduta.image.stored import Stored

Mode = Literal["lossless", "robust"]
MODES: tuple[Mode, ...] = get_args(Mode)
LEAST_SIDE = 16
QUALITIES = (85, 60, 35)
HEAD = 1  # the byte that tells what kind of message it is


class BadMode(BadInput):
    """A way of hiding that does not exist."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of text that a photo holds."""

    lossless: int
    robust: int


@dataclass(frozen=True, slots=True)
class Hidden:
    """A copy with a message in it: how many bytes it takes of how many there are, and how faithful the copy is (dB)."""

    path: Path
    format: str
    mode: Mode
    size: int
    fits: int
    psnr: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revealed:
    """A message that was found, and how it was hidden."""

    message: Message
    mode: Mode


def room(stored: Stored, locked: bool = False) -> Room:
    """How much text a photo holds, each way; `locked`: with a password."""
    height, width = stored.shape[:2]
    salted = envelope.SHORT_SALT + envelope.SHORT_TAG if locked else 0
    robust = dct.capacity(width, height) - salted - HEAD
    return Room(max(0, lsb.capacity(stored, locked) - HEAD), max(0, robust))


def room_in_file(path: Path, locked: bool = False) -> Room:
    """How much text a photo file holds; raises UnreadableImage, AnimatedPicture."""
    return room(read_values(path).stored, locked)


def put(
    stored: Stored, message: Message, mode: Mode, password: str | None = None, psnr: float = dct.PSNR
) -> Stored:
    """Stored values with a message in them; of a robust one, `psnr` is how faithful they stay (dB).

    Raises TooMuch, TooSmall, BadMode.
    """
    if mode not in MODES:
        raise BadMode(f"no such way of hiding: {mode!r:.40}; there are {', '.join(MODES)}")
    data = pack(message)
    if mode == "lossless":
        return lsb.hide(stored, data, password)
    height, width = stored.shape[:2]
    fits = dct.capacity(width, height) - (
        envelope.SHORT_SALT + envelope.SHORT_TAG if password is not None else 0
    )
    if len(data) > fits > 0:
        raise TooMuch(len(data), fits, "a robust mark in this picture")
    mark = dct.mark(luma(stored), envelope.short_sealed(data, password), password is not None, psnr)
    return _added(stored, mark)


def get(stored: Stored, password: str | None = None, lossless: bool = True) -> Revealed:
    """The message in stored values; `lossless`: whether their lowest bits may hold one.

    Raises NoMessage, DamagedMessage, WrongPassword.
    """
    if lossless:
        try:
            return Revealed(unpack(lsb.reveal(stored, password)), "lossless")
        except NoMessage:
            pass
    try:
        data, locked = dct.reveal(luma(stored))
    except NoMessage as error:
        opened = "that opens without a password" if password is None else "that this password opens"
        raise NoMessage(f"no message {opened}") from error
    return Revealed(unpack(envelope.short_unsealed(data, locked, password)), "robust")


def hide(
    source: Path,
    message: Message,
    target: Path,
    mode: Mode,
    password: str | None = None,
    psnr: float = dct.PSNR,
) -> Hidden:
    """Write a copy of a photo with a message in it, and read it back before it is put in its place.

    A copy keeps the metadata, depth, transparency and colors of the photo; its format is that of the target's suffix,
    which must be a lossless one for a lossless message. Raises what reading, hiding and writing raise.
    """
    if same_file(source, target):
        raise WouldOverwrite(f"{target}: would write over the original; choose another name or folder")
    values = read_values(source)
    stored = put(values.stored, message, mode, password, psnr)
    with tempfile.TemporaryDirectory(prefix="veduta-") as folder:
        copy = Path(folder) / target.name
        written = save_values(source, Values(stored, values.profile), copy, mode == "lossless")
        _proved(copy, message, mode, password, target)
        write_bytes(target, copy.read_bytes())
    fits = room(values.stored, password is not None)
    changed = np.mean((stored.astype(np.float32) - values.stored.astype(np.float32)) ** 2)
    peak = float(np.iinfo(stored.dtype).max)
    return Hidden(
        target,
        written.format,
        mode,
        len(pack(message)) - HEAD,
        fits.lossless if mode == "lossless" else fits.robust,
        float(10 * np.log10(peak**2 / max(float(changed), 1e-9))),
        written.notes,
    )


def reveal(path: Path, password: str | None = None) -> Revealed:
    """The message in a photo file.

    Raises NoMessage, DamagedMessage, WrongPassword, UnreadableImage, AnimatedPicture.
    """
    return get(read_values(path).stored, password, decode.kind_of(path) in LOSSLESS)


def fitted(data: bytes, name: str, pixels: Pixels, fits: int) -> tuple[Message, str | None]:
    """The message that is a picture, made small enough for `fits` bytes, and a note where it was.

    `data` are the bytes of its file, which go in as they are where they fit. Raises TooMuch.
    """
    whole = Message("picture", data, name)
    if len(pack(whole)) - HEAD <= fits:
        return whole, None
    named = f"{Path(name).stem[:24]}.webp"
    spare = fits - len(pack(Message("picture", b"", named))) + HEAD
    longer = max(pixels.shape[:2])
    best: tuple[int, bytes] | None = None
    for quality in QUALITIES:
        found = _largest(pixels, quality, spare)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
        if best is not None and best[0] >= min(longer, 256):
            break
    if best is None:
        raise TooMuch(len(_coded(pixels, LEAST_SIDE, QUALITIES[-1])), spare)
    side, small = best
    height, width = at_most(pixels, side).shape[:2]
    return Message("picture", small, named), f"the hidden picture was made {width} x {height} to fit, as WebP"


def luma(stored: Stored) -> Plane:
    """The brightness of stored values, 0 to 255."""
    scale = np.float32(1 / 257 if stored.dtype == np.uint16 else 1)
    if stored.shape[2] < 3:
        return np.asarray(stored[..., 0], np.float32) * scale
    colors = np.ascontiguousarray(stored[..., :3])
    return np.asarray(cv2.cvtColor(colors, cv2.COLOR_RGB2GRAY), np.float32) * scale


def _added(stored: Stored, mark: Plane) -> Stored:
    colors = 1 if stored.shape[2] < 3 else 3
    scale, top = (257, 65535) if stored.dtype == np.uint16 else (1, 255)
    made = stored.copy()
    for channel in range(colors):
        moved = stored[..., channel] + mark * np.float32(scale)
        made[..., channel] = np.clip(np.rint(moved), 0, top)
    return made


def _proved(copy: Path, message: Message, mode: Mode, password: str | None, target: Path) -> None:
    """Raise NotWritten where the copy does not give back the message."""
    try:
        found = reveal(copy, password)
    except Exception as error:  # whatever went wrong, the copy is no good
        raise NotWritten(
            f"{target.name}: the message cannot be read back from the copy ({error}); take a shorter one, a lower"
            " fidelity or a picture with more in it"
        ) from error
    if found.message.data != message.data or found.mode != mode:
        raise NotWritten(f"{target.name}: the copy gives back another message: this photo holds one already")


def _largest(pixels: Pixels, quality: int, fits: int) -> tuple[int, bytes] | None:
    """The largest side, and the picture's bytes at it, that fit."""
    low, high = LEAST_SIDE, max(pixels.shape[:2])
    if len(whole := _coded(pixels, high, quality)) <= fits:
        return high, whole
    best = None
    if len(data := _coded(pixels, low, quality)) <= fits:
        best = (low, data)
    while best is not None and high - low > max(1, low // 50):
        middle = (low + high + 1) // 2
        data = _coded(pixels, middle, quality)
        if len(data) <= fits:
            low, best = middle, (middle, data)
        else:
            high = middle
    return best


def _coded(pixels: Pixels, side: int, quality: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(at_most(pixels, side))).save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()
