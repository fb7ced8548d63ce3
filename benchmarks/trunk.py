"""Looks at folders of pictures with the shared network, for the scripts that learn from it and measure it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veduta.image.decode import load
from veduta.see.trunk import Sight, Trunk, shared_trunk

SIDE = 640


def sights(paths: Sequence[Path], trunk: Trunk | None = None) -> list[Sight]:
    """What the network gives for each picture."""
    trunk = trunk or shared_trunk()
    found: list[Sight] = []
    for start in range(0, len(paths), 32):
        found += trunk.look([load(path, SIDE) for path in paths[start : start + 32]])
    return found
