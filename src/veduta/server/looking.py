"""What recognizers find in a picture that is being edited: looked for once, and kept while one works on it."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo

if TYPE_CHECKING:
    from veduta.edit.regions import Region
    from veduta.edit.select import Click
    from veduta.see.finding import Box

MOST = 8


class Found(NamedTuple):
    """Regions of a picture, and which of them (numbers) are people whom it is about."""

    regions: list[Region]
    protagonists: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Known:
    """A picture, which holds what recognizers said of it, and what was found of it by the words asked for."""

    photo: Photo
    found: dict[tuple[str, ...], Found] = field(default_factory=dict)


class Looking:
    """Looks at pictures, one at a time; what was found in the last few is told again at once."""

    def __init__(self) -> None:
        # Networks use all cores: one photo at a time.
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[bytes, str], _Known] = OrderedDict()

    def find(self, photo: Photo, what: Sequence[str]) -> Found:
        """The regions that show one of the words; raises as `edit.regions.regions` does, and keeps nothing then."""
        with self._known(photo) as known:
            words = tuple(what)
            if words not in known.found:
                known.found[words] = _look(known.photo, what)
            return known.found[words]

    def pick(self, photo: Photo, clicks: Sequence[Click], box: Box | None, seam: bool) -> NDArray[np.bool_]:
        """The mask of what is at a click or in a box, see `edit.pick.pick`."""
        from veduta.edit.pick import pick

        with self._known(photo) as known:
            return pick(known.photo, clicks, box, seam=seam)

    @contextmanager
    def _known(self, photo: Photo) -> Iterator[_Known]:
        """What is known of a picture, which nobody else looks at meanwhile."""
        digest = hashlib.blake2b(np.ascontiguousarray(photo.pixels).data, digest_size=16).digest()
        key = (digest, str(photo.pixels.shape))
        with self._lock:
            known = self._kept.pop(key, None) or _Known(photo)
            yield known
            self._kept[key] = known
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)


def _look(photo: Photo, what: Sequence[str]) -> Found:
    from veduta.edit.protagonists import protagonists
    from veduta.edit.regions import regions, shared_eyes

    found = regions(photo, what, eyes=shared_eyes())
    people = [number for number, region in enumerate(found) if region.kind == "people"]
    main = protagonists([found[number] for number in people], photo)
    return Found(found, frozenset(people[number] for number in main))
