"""Counts of things, in words: one person, three people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_ONE = {"people": "person", "plates": "plate", "faces": "face", "cranes": "crane", "text": "line of text"}
_MANY = {"person": "people", "knife": "knives", "mouse": "mice", "line of text": "lines of text"}
# Words that are the same for one and for many.
_ALIKE = frozenset({"sheep", "scissors", "skis", "broccoli"})


def counted(things: Mapping[str, int] | Iterable[str]) -> str:
    """How many of each there are, as `3 people, 1 car`; file names stay as they are."""
    if not isinstance(things, Mapping):
        names = list(things)
        things = {name: names.count(name) for name in dict.fromkeys(names)}
    return ", ".join(f"{count} {_word(count, name)}" for name, count in things.items())


def _word(count: int, name: str) -> str:
    if "." in name or name in _ALIKE:
        return name
    one = _ONE.get(name, name)
    if count == 1:
        return one
    return _MANY.get(one) or one + ("es" if one.endswith(("s", "sh", "ch", "x")) else "s")
