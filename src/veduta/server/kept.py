"""Pictures kept in memory between previews, the oldest going first."""

from __future__ import annotations

import threading
from collections import OrderedDict

from veduta.image.photo import Pixels

MOST_BYTES = 256 << 20


class Kept:
    """Pictures by key, at most so many bytes of them; safe to use from several threads."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._pictures: OrderedDict[str, Pixels] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> Pixels | None:
        """Return the picture kept under `key`, if it still is; it must not be changed."""
        with self._lock:
            found = self._pictures.get(key)
            if found is not None:
                self._pictures.move_to_end(key)
            return found

    def put(self, key: str, pixels: Pixels) -> None:
        """Keep a picture; one larger than a quarter of the room is not kept."""
        if pixels.nbytes > self._most // 4:
            return
        with self._lock:
            old = self._pictures.pop(key, None)
            self._bytes += pixels.nbytes - (0 if old is None else old.nbytes)
            self._pictures[key] = pixels
            while self._bytes > self._most:
                self._bytes -= self._pictures.popitem(last=False)[1].nbytes
