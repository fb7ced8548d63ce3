"""Error correction for marks: a check sum and a convolutional code that is read by soft decisions.

Rate 1/4, constraint length 9. Sources: A. Viterbi, "Error bounds for convolutional codes and an asymptotically optimum
decoding algorithm", 1967; generators: J. Proakis, "Digital Communications", table 8.2.
"""

from __future__ import annotations

import functools
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
Soft = NDArray[np.float32]

GENERATORS = (0o463, 0o535, 0o733, 0o745)
MEMORY = 8
STATES = 1 << MEMORY
RATE = len(GENERATORS)
CHECK = 4
# What stands in for "locked": an outsider without the password still sees that the bits are whole.
_OPEN, _LOCKED = 0x00000000, 0x5AD1E5A1


def coded_length(size: int) -> int:
    """Coded bits of a block of `size` bytes."""
    return RATE * (8 * (size + CHECK) + MEMORY)


def encode(data: bytes, locked: bool = False) -> Bits:
    """The coded bits of a block, its check sum and the bits that end the code."""
    checked = data + struct.pack("<I", zlib.crc32(data) ^ (_LOCKED if locked else _OPEN))
    bits = np.concatenate(
        [
            np.zeros(MEMORY, np.uint8),
            np.unpackbits(np.frombuffer(checked, np.uint8)),
            np.zeros(MEMORY, np.uint8),
        ]
    )
    count = len(bits) - MEMORY
    out = np.zeros((count, RATE), np.uint8)
    for number, generator in enumerate(GENERATORS):
        for delay in range(MEMORY + 1):
            if generator >> (MEMORY - delay) & 1:
                out[:, number] ^= bits[MEMORY - delay : MEMORY - delay + count]
    return out.reshape(-1)


def decode(soft: Soft) -> tuple[bytes, bool] | None:
    """The block whose coded bits are told by `soft` (positive: 1), and whether it is locked; None where its check
    sum does not hold.
    """
    bits = viterbi(soft.reshape(-1, RATE))
    checked = np.packbits(bits[:-MEMORY]).tobytes()
    data, check = checked[:-CHECK], struct.unpack("<I", checked[-CHECK:])[0]
    crc = zlib.crc32(data)
    if check == crc ^ _OPEN:
        return data, False
    return (data, True) if check == crc ^ _LOCKED else None


def viterbi(soft: Soft) -> Bits:
    """The most likely bits of a code that begins and ends in zeros; `soft` is (bits, 4)."""
    signs, outputs = _trellis()
    gains = np.asarray(soft, np.float32) @ signs.T  # (bits, 16): how well each output fits
    metric = np.full(STATES, -1e9, np.float32)
    metric[0] = 0
    choice = np.empty((len(soft), STATES), np.bool_)
    # A state is the last 8 bits, newest highest; it is reached from two that differ in their oldest bit.
    even = np.concatenate([np.arange(0, STATES, 2)] * 2)
    low, high = outputs
    for step, gain in enumerate(gains):
        first = metric[even] + gain[low]
        second = metric[even + 1] + gain[high]
        better = second > first
        choice[step] = better
        metric = np.where(better, second, first)
    bits = np.empty(len(soft), np.uint8)
    state = 0
    for step in range(len(soft) - 1, -1, -1):
        bits[step] = state >> (MEMORY - 1)
        state = (state << 1 & (STATES - 1)) | int(choice[step, state])
    return bits


@functools.cache
def _trellis() -> tuple[Soft, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The signs of the 16 outputs, and which output leads to each state from its lower and its higher origin."""
    signs = np.array(
        [[1 if code >> (RATE - 1 - n) & 1 else -1 for n in range(RATE)] for code in range(1 << RATE)]
    )
    to: list[list[int]] = [[], []]
    for state in range(STATES):
        newest = state >> (MEMORY - 1)
        for oldest in (0, 1):
            origin = (state << 1 & (STATES - 1)) | oldest
            window = newest << MEMORY | origin
            code = 0
            for generator in GENERATORS:
                code = code << 1 | bin(window & generator).count("1") % 2
            to[oldest].append(code)
    return signs.astype(np.float32), (np.array(to[0]), np.array(to[1]))
