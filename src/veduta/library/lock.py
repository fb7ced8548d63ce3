"""One writer per library."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from veduta.errors import CatalogError
from veduta.lock import Held, take


@contextmanager
def locked(
    path: Path, wait: float | None = None, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold a library's lock file, see `veduta.lock.take`.

    Raises CatalogError when time is up or the file cannot be made.
    """
    try:
        handle = take(path, wait, waiting)
    except Held:
        raise CatalogError(
            f"{path.parent}: another process is writing to this library; try again when it is done"
        ) from None
    except OSError as error:
        raise CatalogError(f"{path.parent}: the library cannot be written ({error.strerror})") from error
    try:
        yield
    finally:
        os.close(handle)
