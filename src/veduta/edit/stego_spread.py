"""A keyed order of numbers: where each bit of a message goes, so that without the key no place stands out.

A Feistel network of four rounds over a rectangle a little larger than the numbers, walked on where it leaves them.
Sources: M. Luby, C. Rackoff, "How to construct pseudorandom permutations", 1988; J. Black, P. Rogaway, "Ciphers with
arbitrary finite domains", 2002.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Words = NDArray[np.uint32]

ROUNDS = 4
CHUNK = 1 << 15


class Spread:
    """An order of the numbers 0 to `size` - 1 that only `key` tells."""

    def __init__(self, key: bytes, size: int) -> None:
        self.size = size
        self._wide = max(1, math.isqrt(max(0, size - 1)) + 1)
        self._high = max(1, -(-size // self._wide))
        keys = hashlib.shake_256(b"veduta spread" + key).digest(4 * ROUNDS)
        self._keys = np.frombuffer(keys, "<u4").astype(np.uint32)

    def places(self, first: int, last: int) -> Places:
        """Where the numbers `first` to `last` - 1 go."""
        if not 0 <= first <= last <= self.size:
            raise ValueError(f"places {first} to {last} of {self.size}")
        out = np.empty(last - first, np.int64)
        for start in range(first, last, CHUNK):
            stop = min(last, start + CHUNK)
            out[start - first : stop - first] = self._walked(np.arange(start, stop, dtype=np.int64))
        return out

    def _walked(self, numbers: Places) -> Places:
        found = self._once(numbers)
        outside = np.flatnonzero(found >= self.size)
        while len(outside):
            found[outside] = self._once(found[outside])
            outside = outside[found[outside] >= self.size]
        return found

    def _once(self, numbers: Places) -> Places:
        left = (numbers // self._wide).astype(np.uint32)
        right = (numbers - left.astype(np.int64) * self._wide).astype(np.uint32)
        for number, key in enumerate(self._keys):
            if number % 2:
                _add(right, left, key, self._wide)
            else:
                _add(left, right, key, self._high)
        return left.astype(np.int64) * self._wide + right


def _add(half: Words, other: Words, key: np.uint32, size: int) -> None:
    """Add to `half`, modulo `size`, a number below it that hangs on `other` and the key."""
    drawn = mixed_words(other ^ key).astype(np.uint64)
    drawn *= np.uint64(size)
    drawn >>= np.uint64(32)
    half += drawn.astype(np.uint32)  # sizes are below 2**31: nothing is lost
    np.subtract(half, np.uint32(size), out=half, where=half >= np.uint32(size))


def mixed_words(words: Words) -> Words:
    """Each word stirred so that every bit of it hangs on all (the finalizer of MurmurHash3, A. Appleby)."""
    words = words ^ (words >> np.uint32(16))
    words *= np.uint32(0x85EBCA6B)
    words ^= words >> np.uint32(13)
    words *= np.uint32(0xC2B2AE35)
    words ^= words >> np.uint32(16)
    return words
