"""Answers that cost something, remembered until the catalog changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from veduta.library.catalog import Catalog

T = TypeVar("T")
PATIENCE = 10.0
MOST = 64


class Memory:
    """Remembers answers by key; an answer is good until the catalog changes.

    While photos are being added the catalog changes many times a second: then an answer is used for ten times
    as long as it took to find, so that at most a tenth of the time goes into finding it again. What the user
    changes is seen at once (`forget`).
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._found: dict[object, tuple[tuple[int, int], float, float, Any]] = {}
        self._lock = threading.Lock()
        self._finding: dict[object, threading.Lock] = {}
        self._epoch = 0
        self._watching: Any = None

    def answer(self, key: object, find: Callable[[], T]) -> T:
        """Return what `find` found for `key`, asking it again only if that may have changed."""
        with self._lock:
            mine = self._finding.setdefault(key, threading.Lock())
        with mine:
            version = self._version()
            kept = self._found.get(key)
            if kept is not None:
                known, at, cost, value = kept
                patient = known[0] == version[0] and time.monotonic() - at < PATIENCE * cost
                if known == version or patient:
                    result: T = value
                    return result
            start = time.monotonic()
            found = find()
            end = time.monotonic()
            with self._lock:
                while len(self._found) >= MOST:
                    self._found.pop(next(iter(self._found)))
                self._found[key] = (version, end, end - start, found)
            return found

    def forget(self) -> None:
        """Ask everything again: the user has changed something."""
        with self._lock:
            self._epoch += 1

    def close(self) -> None:
        """Let go of the connection that watches for changes."""
        with self._lock:
            if self._watching is not None:
                self._watching.close()
                self._watching = None

    def _version(self) -> tuple[int, int]:
        """The user's changes, and all changes; equal versions mean an unchanged catalog."""
        with self._lock:
            if self._catalog.engine.dialect.name != "sqlite":
                return self._epoch, int(time.monotonic())
            if self._watching is None:
                # The bare connection: no transaction may pin what it sees.
                self._watching = self._catalog.engine.raw_connection()
            cursor = self._watching.cursor()
            # Changes whenever another connection, of any process, commits.
            [number] = cursor.execute("PRAGMA data_version").fetchone()
            cursor.close()
            return self._epoch, int(number)
