"""CLIP's byte-pair encoding: words become the longest pieces that its training has joined."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

END = "</w>"  # ends the last piece of each word
START_TOKEN, END_TOKEN = "<|startoftext|>", "<|endoftext|>"

# Endings; letters; single digits; runs of anything else. Without digits and "_", \w is letters and odd numerals.
_WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+", re.IGNORECASE)


@cache
def byte_characters() -> Mapping[int, str]:
    """The printable character that stands for each byte, in the order of the vocabulary (GPT-2)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + n) for n, byte in enumerate(others)}


def vocabulary_of(merges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The numbers of all pieces: characters, characters that end a word, joined pieces, start and end."""
    letters = list(byte_characters().values())
    pieces = [*letters, *(letter + END for letter in letters), *("".join(pair) for pair in merges)]
    return {piece: number for number, piece in enumerate([*pieces, START_TOKEN, END_TOKEN])}


def split(text: str) -> Iterator[str]:
    """The words of a text, in lower case, each to be encoded by itself."""
    plain = unicodedata.normalize("NFC", html.unescape(html.unescape(text))).lower()
    # A numeral of any script is a word; Python's \w would take "½" or "Ⅷ" for a letter.
    apart = (f" {c} " if unicodedata.category(c).startswith("N") else c for c in plain)
    yield from _WORDS.findall("".join(apart))


class PairEncoder:
    """CLIP's byte-pair encoding (Radford et al. 2021, after Sennrich et al. 2016)."""

    length = 77

    def __init__(
        self, vocabulary: Mapping[str, int], merges: Sequence[tuple[str, str]], pad: int | None = None
    ) -> None:
        self._vocabulary = vocabulary
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.start = vocabulary.get(START_TOKEN)
        self.end = vocabulary.get(END_TOKEN)
        self.pad = pad or 0
        self._unknown = self.end or 0

    def encode(self, text: str) -> list[int]:
        """Tokens of a text, without start and end."""
        letters = byte_characters()
        return [
            self._vocabulary.get(piece, self._unknown)
            for word in split(text)
            for piece in self._join([letters[byte] for byte in word.encode("utf-8")])
        ]

    def _join(self, letters: Sequence[str]) -> list[str]:
        """Join neighbors, the pair that was learned first before all others, until no pair is known."""
        pieces = [*letters[:-1], letters[-1] + END]
        while len(pieces) > 1:
            best = min(pairwise(pieces), key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if best not in self._ranks:
                break
            joined: list[str] = []
            for piece in pieces:
                if joined and (joined[-1], piece) == best:
                    joined[-1] += piece
                else:
                    joined.append(piece)
            pieces = joined
        return pieces
