"""How large a picture may be, and how many large ones may be decoded at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from veduta.errors import UnreadableImage
from veduta.settings import settings

# Above this many pixels a decode needs hundreds of megabytes: only one of them runs at a time.
GIANT = 64_000_000
_giants = threading.Lock()


def check_pixels(path: Path | str, width: int, height: int) -> None:
    """Raise UnreadableImage unless a picture of this size, told by its header, may be decoded."""
    if width < 1 or height < 1:
        raise UnreadableImage(path, f"damaged header: {width} x {height} pixels")
    limit = settings().max_pixels
    if width * height > limit:
        raise UnreadableImage(
            path, f"{width} x {height} pixels; more than the {limit:,} allowed (VEDUTA_MAX_PIXELS)"
        )


@contextmanager
def one_giant_at_a_time(pixels: int) -> Iterator[None]:
    """Wait while another giant picture is decoded, when this one of `pixels` is a giant too."""
    if pixels <= GIANT:
        yield
        return
    with _giants:
        yield
