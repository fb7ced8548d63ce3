"""Keep LibRaw from printing on the terminal: it has no switch for it, and its complaints arrive as exceptions too."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_CHATTER = re.compile(
    rb"[^\n]*: (Unexpected end of file|data corrupted at [^\n]*)|Corrupt JPEG data[^\n]*|Premature end of JPEG file"
    rb"|[^\n]*(LibRaw|libraw)[^\n]*"
)
_one_at_a_time = threading.Lock()


@contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what native code writes to the error stream; what is not LibRaw's own is passed on afterwards.

    The stream belongs to the whole process, so one caller at a time: LibRaw uses all cores by itself.
    """
    with _one_at_a_time:
        try:
            kept = os.dup(2)
        except OSError:  # a service without terminal: nobody reads it
            yield
            return
        with tempfile.TemporaryFile() as caught:
            os.dup2(caught.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(kept, 2)
                os.close(kept)
                caught.seek(0)
                others = [
                    s for s in caught.read().splitlines(keepends=True) if not _CHATTER.fullmatch(s.strip())
                ]
                if others:
                    os.write(2, b"".join(others))
