"""Finished steps of long work in a file that only grows: what was done before a run was killed is not done again."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

_FRAME = struct.Struct("<II")  # length and CRC-32 of what follows


class Journal:
    """Records in the order in which they were added; those of other work, told by its `fingerprint`, are dropped.

    A record that was cut off, and all after it, are dropped, too.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        """Open the file, or begin it."""
        self._path = path
        self._places: list[tuple[int, int]] = []
        head = fingerprint.encode("utf-8")
        end = 0
        if path.exists():
            with path.open("rb") as file:
                if self._next(file.read(_FRAME.size), file) == head:
                    end = file.tell()
                    while (data := self._next(file.read(_FRAME.size), file)) is not None:
                        self._places.append((file.tell() - len(data), len(data)))
                        end = file.tell()
        with path.open("r+b" if end else "wb") as file:
            if end:
                file.truncate(end)
            else:
                file.write(_framed(head))

    def __len__(self) -> int:
        """How many steps are finished."""
        return len(self._places)

    def __getitem__(self, number: int) -> bytes:
        """The record of one step."""
        start, length = self._places[number]
        with self._path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    def add(self, data: bytes) -> None:
        """Keep a finished step."""
        with self._path.open("ab") as file:
            file.write(_framed(data))
            self._places.append((file.tell() - len(data), len(data)))

    @staticmethod
    def _next(frame: bytes, file: BinaryIO) -> bytes | None:
        """What follows a frame, None where it is cut off or broken."""
        if len(frame) < _FRAME.size:
            return None
        length, check = _FRAME.unpack(frame)
        data = file.read(length)
        return data if len(data) == length and zlib.crc32(data) == check else None


def _framed(data: bytes) -> bytes:
    return _FRAME.pack(len(data), zlib.crc32(data)) + data
