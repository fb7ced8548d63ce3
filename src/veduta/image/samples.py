"""Values of pictures in 8 or 16 bits, and the way from one depth to the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Where a picture may have either depth: uint8 or uint16.
Samples = NDArray[Any]


def white(samples: Samples) -> int:
    """The largest code: 255 or 65535."""
    return 65535 if samples.dtype == np.uint16 else 255


def step(samples: Samples) -> int:
    """How many codes of these samples are one of 8 bits: 1 or 257."""
    return white(samples) // 255


def eight(samples: Samples) -> NDArray[np.uint8]:
    """The nearest codes of 8 bits; the same array where it has these."""
    if samples.dtype != np.uint16:
        return samples
    import cv2  # here: who only names samples does not load it

    return np.asarray(cv2.convertScaleAbs(samples, alpha=1 / 257), np.uint8).reshape(samples.shape)


def sixteen(samples: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The same picture in 16 bits: white is white."""
    return np.asarray(samples.astype(np.uint16) * 257, np.uint16)


def from_bits(codes: NDArray[np.uint16], bits: int) -> NDArray[np.uint16]:
    """Codes of 9 to 16 bits as codes of 16: white is white."""
    if bits >= 16:
        return codes
    top = (1 << bits) - 1
    table = np.rint(np.arange(top + 1) * (65535 / top)).astype(np.uint16)
    return np.asarray(table[np.minimum(codes, top)], np.uint16)


def unmultiplied(samples: Samples) -> Samples:
    """Colors and transparency (h, w, 4) of colors into which transparency is multiplied."""
    full = white(samples)
    share = full / np.maximum(samples[..., 3:], 1).astype(np.float64)
    colors = np.minimum(np.rint(samples[..., :3] * share), full)
    return np.concatenate([colors.astype(samples.dtype), samples[..., 3:]], axis=2)
