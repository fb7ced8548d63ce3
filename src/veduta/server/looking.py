"""What recognizers find in a picture that is being edited: looked for once, and kept while one works on it."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from veduta.image.photo import Photo

if TYPE_CHECKING:
    from veduta.edit.regions import Region

MOST = 8


class Found(NamedTuple):
    """Regions of a picture, and which of them (numbers) are people whom it is about."""

    regions: list[Region]
    protagonists: frozenset[int]


class Looking:
    """Looks for words in pictures, one at a time; what was found in the last few is told again at once."""

    def __init__(self) -> None:
        # Networks use all cores: one photo at a time.
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[bytes, str, tuple[str, ...]], Found] = OrderedDict()

    def find(self, photo: Photo, what: Sequence[str]) -> Found:
        """The regions that show one of the words; raises as `edit.regions.regions` does, and keeps nothing then."""
        digest = hashlib.blake2b(np.ascontiguousarray(photo.pixels).data, digest_size=16).digest()
        key = (digest, str(photo.pixels.shape), tuple(what))
        with self._lock:
            found = self._kept.pop(key, None)
            if found is None:
                found = _look(photo, what)
            self._kept[key] = found
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return found


def _look(photo: Photo, what: Sequence[str]) -> Found:
    from veduta.edit.protagonists import protagonists
    from veduta.edit.regions import regions, shared_eyes

    found = regions(photo, what, eyes=shared_eyes())
    people = [number for number, region in enumerate(found) if region.kind == "people"]
    main = protagonists([found[number] for number in people], photo)
    return Found(found, frozenset(people[number] for number in main))
