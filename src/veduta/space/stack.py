"""A stack of gray planes of one size that lies in a file: any number of sections, a few of them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Plane = TypeVar("Plane", bound=NDArray[Any])


class Stack:
    """Planes (height, width), uint8, in a file; as an array (count, height, width) where one is asked for."""

    def __init__(self, path: Path, count: int, height: int, width: int) -> None:
        """Take a file, and make it where there is none or one of another size."""
        self.path, self.shape = path, (count, height, width)
        if not path.exists() or path.stat().st_size != count * height * width:
            with path.open("wb") as file:
                file.truncate(count * height * width)

    def __len__(self) -> int:
        """How many planes."""
        return self.shape[0]

    def __iter__(self) -> Iterator[Gray]:
        """One plane after the other."""
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> Gray:
        """One plane."""
        _, height, width = self.shape
        with self.path.open("rb") as file:
            file.seek(self._place(number))
            return np.fromfile(file, np.uint8, height * width).reshape(height, width)

    def __setitem__(self, number: int, plane: Gray) -> None:
        """Put a plane in its place."""
        if plane.shape != self.shape[1:] or plane.dtype != np.uint8:
            raise ValueError(
                f"a plane of {plane.shape}, {plane.dtype}, for a stack of {self.shape[1:]}, uint8"
            )
        with self.path.open("r+b") as file:
            file.seek(self._place(number))
            file.write(plane.tobytes())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All planes at once."""
        whole = np.fromfile(self.path, np.uint8).reshape(self.shape)
        return whole if dtype is None else whole.astype(dtype)

    def _place(self, number: int) -> int:
        count, height, width = self.shape
        if not 0 <= number < count:
            raise IndexError(number)
        return number * height * width


class Made(Sequence[Plane]):
    """Planes that are made when they are asked for; the last few are kept."""

    def __init__(self, count: int, make: Callable[[int], Plane], kept: int = 8) -> None:
        """Take how many there are, how one is made, and how many to keep."""
        self._count, self._make, self._kept = count, make, kept
        self._held: dict[int, Plane] = {}

    def __len__(self) -> int:
        """How many planes."""
        return self._count

    @overload
    def __getitem__(self, number: int) -> Plane: ...

    @overload
    def __getitem__(self, number: slice) -> list[Plane]: ...

    def __getitem__(self, number: int | slice) -> Plane | list[Plane]:
        """One plane, or several."""
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(self._count))]
        if not 0 <= number < self._count:
            raise IndexError(number)
        if number not in self._held:
            while len(self._held) >= self._kept:
                del self._held[next(iter(self._held))]
            self._held[number] = self._make(number)
        return self._held[number]
