"""Pictures are looked at once while they are edited: by their pixels and the words that are looked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.image.samples import gradient
from veduta.edit import protagonists, regions
from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.server import looking
from veduta.server.looking import Looking


def photo(change: int = 0) -> Photo:
    pixels = gradient(60, 40).copy()
    pixels[3, 5, 1] = 50 + change
    return Photo(pixels, 60, 40)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, tuple[str, ...]]]:
    """What recognizers were asked: a pixel of the picture, and the words. They find nobody."""
    heard: list[tuple[int, tuple[str, ...]]] = []

    def find(seen: Photo, what: Sequence[str], **_: object) -> list[object]:
        if "unicorns" in what:
            raise NotFound("unicorns")
        heard.append((int(seen.pixels[3, 5, 1]), tuple(what)))
        return []

    monkeypatch.setattr(regions, "regions", find)
    monkeypatch.setattr(regions, "shared_eyes", lambda: None)
    monkeypatch.setattr(protagonists, "protagonists", lambda people, seen: [])
    return heard


def test_the_same_picture_is_looked_at_once(asked: list[tuple[int, tuple[str, ...]]]) -> None:
    look = Looking()
    first = look.find(photo(), ["cranes"])
    assert look.find(photo(), ["cranes"]) is first
    look.find(photo(1), ["cranes"])
    look.find(photo(), ["people"])
    look.find(Photo(np.ascontiguousarray(photo().pixels.reshape(60, 40, 3)), 40, 60), ["cranes"])
    assert len(asked) == 4


def test_the_last_few_are_kept_and_failures_are_not(asked: list[tuple[int, tuple[str, ...]]]) -> None:
    look = Looking()
    for change in range(looking.MOST + 1):
        look.find(photo(change), ["cranes"])
        look.find(photo(0), ["cranes"])  # in use all the time: it stays
    assert len(asked) == looking.MOST + 1
    look.find(photo(1), ["cranes"])
    assert len(asked) == looking.MOST + 2
    for _ in range(2):
        with pytest.raises(NotFound):
            look.find(photo(0), ["unicorns"])
