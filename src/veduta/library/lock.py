"""One writer per library: a lock that the system lets go when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from veduta.errors import CatalogError

if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def locked(
    path: Path, wait: float | None = None, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock file `path`.

    `wait` seconds at most (None: for ever); `waiting` is called once if another process holds it. Raises
    CatalogError when time is up or the file cannot be made.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CatalogError(f"{path.parent}: the library cannot be written ({error.strerror})") from error
    try:
        start = time.monotonic()
        told = False
        while not _try(handle):
            if wait is not None and time.monotonic() - start >= wait:
                raise CatalogError(
                    f"{path.parent}: another process is writing to this library; try again when it is done"
                )
            if not told and waiting is not None:
                waiting()
            told = True
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)
