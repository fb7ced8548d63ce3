"""Dice for one picture: numbers of a hash of its seed, the same on any machine and with any version of anything.

As good as Python's generator for a few dozen draws, and ready in a tenth of the time: that one is made for millions.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_WORDS = 8  # of eight bytes, in one hash


class Luck:
    """A stream of even draws."""

    __slots__ = ("_block", "_hashed", "_left", "_seed")

    def __init__(self, seed: int) -> None:
        self._seed = seed & ((1 << 64) - 1)
        self._block = 0
        self._left = 0
        self._hashed = 0

    def getrandbits(self, count: int) -> int:
        """A whole number of so many bits, 64 at most."""
        if not self._left:
            told = (self._seed | self._block << 64).to_bytes(16, "little")
            self._hashed = int.from_bytes(blake2b(told).digest(), "little")
            self._block += 1
            self._left = _WORDS
        word = self._hashed & 0xFFFFFFFFFFFFFFFF
        self._hashed >>= 64
        self._left -= 1
        return word >> (64 - count)

    def random(self) -> float:
        """A real number from 0 on, below 1."""
        return self.getrandbits(53) * 2.0**-53

    def uniform(self, low: float, high: float) -> float:
        """A real number between two."""
        return low + (high - low) * self.random()

    def randrange(self, count: int) -> int:
        """A whole number from 0 on, below `count` (less than a billion: each as likely but for a billionth)."""
        return (self.getrandbits(64) * count) >> 64

    def randint(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.randrange(high - low + 1)

    def choice(self, among: Sequence[T]) -> T:
        """One of some."""
        return among[self.randrange(len(among))]
