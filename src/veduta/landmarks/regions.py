"""Parts of a photo that may show a landmark of their own: windows in which the score of one peaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo, Pixels
from veduta.landmarks.windows import WINDOWS, Window, area, shared
from veduta.see.trunk import Sight, Trunk, fitted

Floats = NDArray[np.float32]

MOST = 3
"""Regions of a photo at most."""

LEAST, BESIDE = 0.3, 0.45
"""Least score, by the maps alone, of a window that is looked at again; of one beside a landmark that is named already.

Of photos of one landmark that the atlas was not made of, 43 % get another pass instead of 81 % by the second, and of
78 second landmarks in pairs of them 76 are still named.
"""

APART = 0.25
"""Largest part of the smaller of two regions that both may cover."""

SLACK = 0.15
"""By how much the score may fall where a window is widened."""

CLEAR = 0.4
"""By how much the score of a photo's only landmark falls apart from the region that is told."""

SMALL = 2 / 3
"""Largest region that tells where a photo's only landmark is."""


@dataclass(frozen=True, slots=True)
class Region:
    """A window, the landmark (row) whose score peaks in it, and the score there, by the maps alone."""

    window: Window
    landmark: int
    score: float


_AREAS = np.array([area(window) for window in WINDOWS])
_APART = np.array([[shared(a, b) <= APART + 1e-9 for b in WINDOWS] for a in WINDOWS])
_WIDER = np.array(
    [
        [
            a[0] <= b[0] + 1e-9 and a[1] <= b[1] + 1e-9 and a[2] >= b[2] - 1e-9 and a[3] >= b[3] - 1e-9
            for a in WINDOWS
        ]
        for b in WINDOWS
    ]
)


def propose(scores: Floats) -> list[Region]:
    """The regions of a photo by the scores (windows, landmarks) in all its windows, the highest first.

    Each is of another landmark and apart from those before it. Peaks lie in small windows: they are widened as long
    as the score falls by no more than SLACK.
    """
    left = np.array(scores, np.float32)
    peaks: list[tuple[int, int]] = []
    while left.size and len(peaks) < MOST:
        window, landmark = (int(place) for place in np.unravel_index(int(left.argmax()), left.shape))
        if not left[window, landmark] >= LEAST:
            break
        peaks.append((window, landmark))
        left[:, landmark] = -np.inf
        left[~_APART[window]] = -np.inf
    found = []
    taken = [window for window, _ in peaks]  # what each peak has become so far
    for number, (window, landmark) in enumerate(peaks):
        own = scores[:, landmark]
        good = _WIDER[window] & (own >= own[window] - SLACK)
        for other in (*taken[:number], *taken[number + 1 :]):
            good &= _APART[other]
        rows = np.flatnonzero(good)
        taken[number] = int(rows[np.lexsort((-own[rows], -_AREAS[rows]))[0]]) if len(rows) else window
        found.append(Region(WINDOWS[taken[number]], landmark, float(own[window])))
    return found


def concentrated(region: Region, own: Floats, whole: float) -> bool:
    """Whether a part of the photo shows the landmark, and what lies apart from it does not.

    `own` (windows,) and `whole` are the scores of the region's landmark in all windows and in the photo.
    """
    elsewhere = own[_APART[WINDOWS.index(region.window)]]
    return bool(
        area(region.window) <= SMALL + 1e-9
        and region.score >= whole
        and (elsewhere <= region.score - CLEAR).all()
    )


def look(trunk: Trunk, photo: Photo, windows: Sequence[Window]) -> list[Sight]:
    """The sights of parts of a photo, each in a pass of its own; asked again, the same ones."""
    keys = [f"part {window}" for window in windows]
    fresh = {
        key: cropped(photo, window)
        for key, window in zip(keys, windows, strict=True)
        if key not in photo.memo
    }
    photo.memo.update(
        zip(fresh, trunk.run([fitted(pixels) for pixels in fresh.values()]) if fresh else [], strict=True)
    )
    return [photo.memo[key] for key in keys]


def cropped(photo: Photo, window: Window) -> Pixels:
    """The pixels of a window, at least one."""
    height, width = photo.pixels.shape[:2]
    left, top = int(window[0] * width), int(window[1] * height)
    right, bottom = max(left + 1, round(window[2] * width)), max(top + 1, round(window[3] * height))
    return photo.pixels[top:bottom, left:right]
