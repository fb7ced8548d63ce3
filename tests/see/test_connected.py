"""Connected parts against a flood from each seed."""

from __future__ import annotations

import numpy as np
import pytest

from veduta.see.connected import connected


def flood(allowed: np.ndarray, seeds: np.ndarray, corners: bool) -> np.ndarray:
    """Pixel by pixel."""
    out = np.zeros_like(allowed)
    waiting = [(int(y), int(x)) for y, x in zip(*np.nonzero(seeds & allowed), strict=True)]
    while waiting:
        y, x = waiting.pop()
        inside = 0 <= y < allowed.shape[0] and 0 <= x < allowed.shape[1]
        if not inside or out[y, x] or not allowed[y, x]:
            continue
        out[y, x] = True
        steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if corners or a == 0 or b == 0]
        waiting += [(y + a, x + b) for a, b in steps]
    return out


@pytest.mark.parametrize("share", [0.2, 0.5, 0.6])
def test_parts_with_a_seed(share: float) -> None:
    rng = np.random.default_rng(3)
    allowed, seeds = rng.random((40, 60)) < share, rng.random((40, 60)) < 0.01
    assert (connected(allowed, seeds) == flood(allowed, seeds, True)).all()
    assert (connected(allowed, seeds, 4) == flood(allowed, seeds, False)).all()
    assert not connected(allowed, np.zeros_like(seeds)).any() and not connected(~allowed & False, seeds).any()
