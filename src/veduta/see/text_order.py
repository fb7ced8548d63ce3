"""The order in which the lines of a photo are read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from veduta.see.text_regions import Floats


def reading_order(lines: Sequence[Floats]) -> list[int]:
    """Indices of the lines, given by their corners (4, 2), from top to bottom and along each row.

    Down is across the direction in which most of the text runs, so that a page that was photographed
    sideways is read as well as an upright one. Lines belong to one row when they share at least half of the
    lower one's height.
    """
    if not lines:
        return []
    corners = np.stack(lines).astype(np.float64)
    along = (corners[:, 1] - corners[:, 0] + corners[:, 2] - corners[:, 3]).sum(axis=0)
    length = float(np.hypot(*along))
    x_axis = along / length if length > 1e-6 else np.array([1.0, 0.0])
    y_axis = np.array([-x_axis[1], x_axis[0]])
    left = (corners @ x_axis).min(axis=1)
    middle = (corners @ y_axis).mean(axis=1)
    down = corners[:, 3] - corners[:, 0]
    half = np.abs(down @ y_axis) / 2 + 1e-6

    rows: list[list[int]] = []
    for index in np.argsort(middle, kind="stable"):
        if rows:
            # Compared with the row's last line, so that a slanting row holds together.
            last = rows[-1][-1]
            shared = min(middle[index] + half[index], middle[last] + half[last])
            shared -= max(middle[index] - half[index], middle[last] - half[last])
            if shared >= min(half[index], half[last]):
                rows[-1].append(int(index))
                continue
        rows.append([int(index)])
    return [index for row in rows for index in sorted(row, key=lambda i: left[i])]
