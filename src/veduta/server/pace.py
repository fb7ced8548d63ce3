"""How far a stage is and how fast it moves."""

from __future__ import annotations

import threading
import time
from collections import deque

WINDOW = 30.0


class Pace:
    """A progress that remembers where it is; read from other threads."""

    def __init__(self) -> None:
        self.stage: str | None = None
        self.done = 0
        self.total: int | None = None
        self._marks: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    def begin(self, what: str, total: int | None = None) -> None:
        """Start a stage."""
        with self._lock:
            self.stage, self.done, self.total = what, 0, total
            self._marks = deque([(time.monotonic(), 0)])

    def advance(self, steps: int = 1) -> None:
        """Move on."""
        now = time.monotonic()
        with self._lock:
            self.done += steps
            self._marks.append((now, self.done))
            while len(self._marks) > 2 and (now - self._marks[0][0] > WINDOW or len(self._marks) > 1000):
                self._marks.popleft()

    def end(self) -> None:
        """Finish the stage."""
        with self._lock:
            self.stage, self.done, self.total = None, 0, None
            self._marks.clear()

    def rate(self) -> float | None:
        """Return the steps a second over the last half minute; None before two seconds have passed."""
        with self._lock:
            if len(self._marks) < 2:
                return None
            (begin, before), (_, now) = self._marks[0], self._marks[-1]
            elapsed = time.monotonic() - begin
            return (now - before) / elapsed if elapsed >= 2 else None
