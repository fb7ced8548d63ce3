"""Messages in the lowest bits of colors: much room, nothing to see, gone with the first lossy copy.

Values are moved to the nearest one with the right bits, up or down by chance, so that pairs of values do not even
out as with plain replacement. Source: T. Sharp, "An implementation of key-based digital signal steganography", 2001.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.edit import stego_envelope as envelope
from veduta.edit.stego_message import NoMessage, TooMuch
from veduta.edit.stego_spread import Places, Spread
from veduta.image.stored import Stored

PUBLIC = b"open"
CHUNK = 1 << 20
_OPEN = envelope.OPEN_HEADER + envelope.CHECK


def capacity(stored: Stored, locked: bool = False) -> int:
    """Bytes of a packed message that a picture holds, of shape (h, w, 1 to 4), uint8 or uint16."""
    room = _units(stored) // _per_byte(stored)
    header = envelope.SALT + envelope.LOCKED_HEADER + envelope.TAG if locked else _OPEN
    return max(0, room - header)


def hide(
    stored: Stored, data: bytes, password: str | None = None, chance: np.random.Generator | None = None
) -> Stored:
    """`stored` with `data` in its lowest bits (1 of 8, 4 of 16), spread over all colors; transparency stays.

    Raises TooMuch.
    """
    fits = capacity(stored, password is not None)
    if len(data) > fits:
        raise TooMuch(len(data), fits)
    chance = chance or np.random.default_rng()
    colors = np.ascontiguousarray(stored[..., : _colors(stored)])
    flat = colors.copy().reshape(-1)
    public = Spread(PUBLIC, flat.size)
    if password is None:
        body = envelope.sealed(data, None)
        _write(flat, public, 0, envelope.open_header(len(body)) + body, None, chance)
    else:
        salt = envelope.new_salt()
        key = envelope.keys(password, salt)
        salted = public.places(0, envelope.SALT * _per_byte(stored))
        _write(flat, public, 0, salt, None, chance)
        body = envelope.sealed(data, key)
        header = envelope.locked_header(len(body), key)
        _write(flat, Spread(key.place, flat.size), 0, header + body, salted, chance)
    made = stored.copy()
    made[..., : _colors(stored)] = flat.reshape(colors.shape)
    return made


def reveal(stored: Stored, password: str | None = None) -> bytes:
    """The data that `hide` put in; raises NoMessage (also for a wrong password) and DamagedMessage."""
    flat = np.ascontiguousarray(stored[..., : _colors(stored)]).reshape(-1)
    per, room = _per_byte(stored), flat.size // _per_byte(stored)
    public = Spread(PUBLIC, flat.size)
    if password is None:
        if room < _OPEN:
            raise NoMessage("no message")
        length = envelope.read_open_header(_read(flat, public, 0, envelope.OPEN_HEADER, None))
        if length is None or not envelope.CHECK <= length <= room - envelope.OPEN_HEADER:
            raise NoMessage("no message")
        return envelope.unsealed(_read(flat, public, envelope.OPEN_HEADER, length, None), None)
    if room < envelope.SALT + envelope.LOCKED_HEADER + envelope.TAG:
        raise NoMessage("no message that this password opens")
    key = envelope.keys(password, _read(flat, public, 0, envelope.SALT, None))
    salted, secret = public.places(0, envelope.SALT * per), Spread(key.place, flat.size)
    header = _read(flat, secret, 0, envelope.LOCKED_HEADER, salted)
    told = envelope.read_locked_header(header, key)
    # That there is one is told only to who has the password: without it, no bit stands out from noise.
    if told is None or not envelope.TAG <= told <= room - envelope.SALT - envelope.LOCKED_HEADER:
        raise NoMessage("no message that this password opens")
    return envelope.unsealed(_read(flat, secret, envelope.LOCKED_HEADER, told, salted), key)


def _colors(stored: Stored) -> int:
    return 1 if stored.shape[2] < 3 else 3


def _bits(stored: Stored) -> int:
    return 4 if stored.dtype == np.uint16 else 1


def _per_byte(stored: Stored) -> int:
    """Values that carry a byte."""
    return 8 // _bits(stored)


def _units(stored: Stored) -> int:
    return int(stored.shape[0] * stored.shape[1] * _colors(stored))


def _places(spread: Spread, first: int, last: int, taken: Places | None) -> Places:
    """The places of units `first` to `last` - 1; those that are `taken` are passed over and not counted."""
    if taken is None:
        return spread.places(first, last)
    # Which numbers lead to taken places is known only by going through all before.
    found = spread.places(0, min(spread.size, last + len(taken)))
    free = np.ones(spread.size, np.bool_)
    free[taken] = False
    return found[free[found]][first:last]


def _write(
    flat: NDArray[Any],
    spread: Spread,
    at: int,
    data: bytes,
    taken: Places | None,
    chance: np.random.Generator,
) -> None:
    """Put `data` into the values at the places of bytes from `at` on."""
    bits = 4 if flat.dtype == np.uint16 else 1
    codes = _codes(data, bits)
    per = 8 // bits
    places = _places(spread, at * per, at * per + len(codes), taken)
    top = int(np.iinfo(flat.dtype).max)
    whole, half = 1 << bits, 1 << (bits - 1)
    for start in range(0, len(codes), CHUNK):
        where = places[start : start + CHUNK]
        now = flat[where].astype(np.int32)
        step = codes[start : start + CHUNK].astype(np.int32) - (now & (whole - 1))
        down = (step > half) | ((step == half) & chance.integers(0, 2, len(step), np.uint8).astype(bool))
        up = (step < -half) | ((step == -half) & chance.integers(0, 2, len(step), np.uint8).astype(bool))
        new = now + step - whole * down + whole * up
        new += whole * (new < 0) - whole * (new > top)
        flat[where] = new.astype(flat.dtype)


def _read(flat: NDArray[Any], spread: Spread, at: int, length: int, taken: Places | None) -> bytes:
    """`length` bytes from byte `at` on."""
    bits = 4 if flat.dtype == np.uint16 else 1
    per = 8 // bits
    places = _places(spread, at * per, (at + length) * per, taken)
    codes = (flat[places] & flat.dtype.type((1 << bits) - 1)).astype(np.uint8)
    if bits == 1:
        return np.packbits(codes).tobytes()
    octets: NDArray[np.uint8] = codes[0::2] << 4 | codes[1::2]
    return octets.tobytes()


def _codes(data: bytes, bits: int) -> NDArray[np.uint8]:
    """The data in pieces of 1 or 4 bits, the highest first."""
    octets = np.frombuffer(data, np.uint8)
    if bits == 1:
        return np.unpackbits(octets)
    return np.stack([octets >> 4, octets & 15], 1).reshape(-1)
