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
