"""Vectors on disk, found by their picture's content: no picture is described twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadFolder
from veduta.files import write_text

Floats = NDArray[np.float32]

KEY = 16
SHARD = 65536


class FeatureStoreError(BadFolder):
    """A folder of vectors that cannot be used."""


class FeatureStore:
    """Rows of float16 in shards of SHARD, memory-mapped, with a key of 16 bytes beside each.

    What was added before an interruption is there afterwards: keys are written after their vectors, and a torn
    end is cut off. One process may add at a time.
    """

    def __init__(self, folder: Path, dimension: int, recipe: str) -> None:
        """Open or make the store; raises FeatureStoreError when it holds vectors of another kind."""
        self.folder = folder
        self.dimension = dimension
        about = {"recipe": recipe, "dimension": dimension, "type": "float16"}
        note = folder / "store.json"
        if note.exists():
            try:
                found = json.loads(note.read_text(encoding="utf-8"))
            except ValueError as error:
                raise FeatureStoreError(
                    f"{note}: not readable ({error}); delete the folder to redo it"
                ) from None
            if found != about:
                raise FeatureStoreError(
                    f"{folder} holds vectors of another kind ({found}); give another folder or delete it"
                )
        else:
            folder.mkdir(parents=True, exist_ok=True)
            write_text(note, json.dumps(about, indent=2) + "\n")
        self._maps: dict[int, NDArray[np.float16]] = {}
        self._rows: dict[bytes, int] = {}
        for number, path in enumerate(sorted(folder.glob("*.keys"))):
            keys = path.read_bytes()
            count = min(len(keys) // KEY, self._vectors(number).stat().st_size // self._width, SHARD)
            for row in range(count):
                self._rows[keys[row * KEY : (row + 1) * KEY]] = number * SHARD + row
            self._end = number * SHARD + count
        if not self._rows:
            self._end = 0

    @property
    def _width(self) -> int:
        return 2 * self.dimension

    def _vectors(self, number: int) -> Path:
        return self.folder / f"{number:05}.vectors"

    @staticmethod
    def key(name: str) -> bytes:
        """The key of a name, for example a content hash with the name of a look."""
        return hashlib.blake2b(name.encode("utf-8"), digest_size=KEY).digest()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: str) -> bool:
        return self.key(name) in self._rows

    def add(self, names: Sequence[str], vectors: Floats) -> None:
        """Keep vectors (n, dimension) under their names; names already there keep what they have."""
        if vectors.shape != (len(names), self.dimension):
            raise ValueError(f"Expected vectors of shape {(len(names), self.dimension)}, not {vectors.shape}")
        fresh = {self.key(name): row for row, name in enumerate(names) if name not in self}
        rows = list(fresh.items())
        while rows:
            number, offset = divmod(self._end, SHARD)
            part, rows = rows[: SHARD - offset], rows[SHARD - offset :]
            data = np.ascontiguousarray(vectors[[row for _, row in part]], np.float16).tobytes()
            _append(self._vectors(number), offset * self._width, data)
            _append(self.folder / f"{number:05}.keys", offset * KEY, b"".join(key for key, _ in part))
            self._rows.update((key, self._end + i) for i, (key, _) in enumerate(part))
            self._end += len(part)
            self._maps.pop(number, None)

    def get(self, names: Sequence[str]) -> Floats:
        """Vectors (n, dimension) of names, float32; raises KeyError for a name that is not there."""
        result = np.empty((len(names), self.dimension), np.float32)
        for index, name in enumerate(names):
            key = self.key(name)
            if key not in self._rows:
                raise KeyError(name)
            number, offset = divmod(self._rows[key], SHARD)
            result[index] = self._map(number)[offset]
        return result

    def missing(self, names: Sequence[str]) -> Iterator[str]:
        """The names that have no vector yet."""
        return (name for name in names if name not in self)

    def _map(self, number: int) -> NDArray[np.float16]:
        if number not in self._maps:
            rows = self._vectors(number).stat().st_size // self._width
            self._maps[number] = np.memmap(
                self._vectors(number), np.float16, "r", shape=(rows, self.dimension)
            )
        return self._maps[number]


def _append(path: Path, at: int, data: bytes) -> None:
    path.touch()
    with path.open("r+b") as file:
        # A torn end of an earlier run is overwritten, never kept between rows.
        file.seek(at)
        file.write(data)
        file.truncate()
