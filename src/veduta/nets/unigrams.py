"""SentencePiece's unigram model (SigLIP): the most likely way to cut a text into known pieces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

SPACE = "▁"
_UNKNOWN_COST = 10.0  # below the least likely piece, as in SentencePiece

Normalizer = Callable[[str], str]


class UnigramEncoder:
    """The pieces whose scores (logarithms of probabilities) have the largest sum (Kudo 2018, arXiv 1804.10959)."""

    length = 64

    def __init__(
        self,
        pieces: Sequence[tuple[str, float]],
        unknown: int,
        start: int | None,
        end: int | None,
        pad: int,
        normalize: Normalizer,
    ) -> None:
        self._pieces = {piece: (number, score) for number, (piece, score) in enumerate(pieces)}
        self._longest = max((len(piece) for piece, _ in pieces), default=1)
        self._worst = min((score for _, score in pieces), default=0.0) - _UNKNOWN_COST
        self._unknown = unknown
        self._normalize = normalize
        self.start, self.end, self.pad = start, end, pad

    def encode(self, text: str) -> list[int]:
        """Tokens of a text, without start and end (Viterbi search)."""
        line = "".join(SPACE + word for word in self._normalize(text).split())
        best: list[tuple[float, int, int]] = [
            (0.0, 0, 0)
        ]  # of each prefix: score, begin and number of the last
        for stop in range(1, len(line) + 1):
            ways = [(best[stop - 1][0] + self._worst, stop - 1, self._unknown)]
            for start in range(max(0, stop - self._longest), stop):
                known = self._pieces.get(line[start:stop])
                if known is not None:
                    ways.append((best[start][0] + known[1], start, known[0]))
            best.append(max(ways, key=lambda way: way[0]))
        found: list[int] = []
        stop = len(line)
        while stop > 0:
            _, stop, token = best[stop]
            if token != self._unknown or found[-1:] != [token]:  # neighbors that are unknown count as one
                found.append(token)
        return found[::-1]


def normalizer(plain: Mapping[str, Any] | None) -> Normalizer | None:
    """What the normalizer of a ``tokenizer.json`` does to a text; None when one of its steps is not known."""
    if plain is None:
        return lambda text: text
    kind = plain.get("type")
    if kind == "Sequence":
        steps = [normalizer(step) for step in plain["normalizers"]]
        known = [step for step in steps if step is not None]
        return (lambda text: _all(known, text)) if len(known) == len(steps) else None
    if kind == "Replace":
        pattern = plain["pattern"]
        found = re.compile(pattern["Regex"] if "Regex" in pattern else re.escape(pattern["String"]))
        return lambda text: found.sub(lambda _: plain["content"], text)
    by_kind: dict[object, Normalizer] = {
        "Lowercase": str.lower,
        "Strip": str.strip,
        "Precompiled": lambda text: unicodedata.normalize(
            "NFKC", text
        ),  # SentencePiece's own table, but for details
        "NFC": lambda text: unicodedata.normalize("NFC", text),
        "NFD": lambda text: unicodedata.normalize("NFD", text),
        "NFKC": lambda text: unicodedata.normalize("NFKC", text),
        "NFKD": lambda text: unicodedata.normalize("NFKD", text),
        "Prepend": lambda text: text,  # the space before the first word: `encode` puts it there
    }
    return by_kind.get(kind)


def _all(steps: Sequence[Normalizer], text: str) -> str:
    for step in steps:
        text = step(text)
    return text
