"""Drawn examples with the trunk's maps beside them, kept in a folder so that training never looks twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.files import write_text
from veduta.learn.drawn_photos import DrawnPhotos
from veduta.learn.trunk_maps import CHANNELS, STRIDES, TrunkMaps
from veduta.progress import Progress, Silent

AT_ONCE = 4


class OtherPool(BadInput):
    """A folder that holds a pool of other examples."""


@dataclass(frozen=True)
class Pool:
    """Arrays on disk: pixels (n, side, side, 3), masks (n, side, side), one array of maps for each scale."""

    pixels: NDArray[np.uint8]
    masks: NDArray[np.bool_]
    maps: tuple[NDArray[np.float16], ...]

    def __len__(self) -> int:
        return len(self.pixels)

    def crop(
        self, index: int, top: int, left: int, size: int
    ) -> tuple[NDArray[Any], NDArray[Any], list[NDArray[Any]]]:
        """A square of one example, its corner and size multiples of the coarsest stride."""
        window = np.s_[top : top + size, left : left + size]
        maps = [
            m[index, :, top // s : (top + size) // s, left // s : (left + size) // s]
            for m, s in zip(self.maps, STRIDES, strict=True)
        ]
        return self.pixels[index][window], self.masks[index][window], maps


def fill(
    folder: Path,
    drawn: DrawnPhotos,
    count: int,
    trunk: TrunkMaps | None = None,
    progress: Progress | None = None,
) -> Pool:
    """The pool of the first `count` examples; what an interrupted call has drawn is not drawn again.

    About 0.95 MB an example. Raises OtherPool when the folder's examples are of another seed, size or photographs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "seed": drawn.seed,
        "side": drawn.side,
        "count": count,
        "photos": [p.name for p in drawn.photos],
    }
    facts = folder / "pool.json"
    done = 0
    if facts.exists():
        found = json.loads(facts.read_text())
        done = found.pop("done")
        if found != about:
            raise OtherPool(f"{folder} holds other examples: delete it, or name another folder")
    pool = _open(folder, drawn.side, count, "r+" if done else "w+")
    if done < count:
        trunk = trunk or TrunkMaps()
        listener = progress or Silent()
        listener.begin("drawing", count - done)
        for first in range(done, count, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, count))
            examples = [drawn[i] for i in numbers]
            rows = np.s_[first : first + len(examples)]
            pixels = np.stack([e.pixels for e in examples])
            pool.pixels[rows], pool.masks[rows] = pixels, np.stack([e.mask for e in examples])
            for kept, made in zip(pool.maps, trunk.see(pixels), strict=True):
                kept[rows] = made
            if first // AT_ONCE % 16 == 15 or numbers[-1] == count - 1:
                write_text(facts, json.dumps({**about, "done": numbers[-1] + 1}))
            listener.advance(len(examples))
        listener.end()
    return pool


def _open(folder: Path, side: int, count: int, mode: str) -> Pool:
    def array(name: str, kind: Any, shape: Sequence[int]) -> Any:
        how: Any = mode
        return np.lib.format.open_memmap(folder / f"{name}.npy", how, kind, tuple(shape))

    maps = [
        array(f"maps_{s}", np.float16, (count, c, side // s, side // s))
        for c, s in zip(CHANNELS, STRIDES, strict=True)
    ]
    pixels = array("pixels", np.uint8, (count, side, side, 3))
    return Pool(pixels, array("masks", np.bool_, (count, side, side)), tuple(maps))
