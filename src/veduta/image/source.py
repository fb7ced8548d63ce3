"""The bytes of a file, read safely: never a pipe or device, never more than allowed, always a named error."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from veduta.errors import UnreadableImage
from veduta.settings import settings

_HEAD = 65536

_KINDS = (
    (stat.S_ISDIR, "is a folder, not a file"),
    (stat.S_ISFIFO, "is a named pipe, not a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
)

_REASONS = {
    errno.ENOENT: "no such file",
    errno.ENOTDIR: "no such file",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ELOOP: "a symbolic link that leads in a circle",
    errno.ENAMETOOLONG: "its name is too long for this system",
    errno.EIO: "the drive failed to read it",
}


class Bytes(Protocol):
    """Bytes that can be read from any place: a file or a block in memory."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; fewer at the end, none outside."""


class Memory:
    """A block in memory, read like a file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; fewer at the end, none outside."""
        return self._data[offset : offset + length] if offset >= 0 and length > 0 else b""


class Source:
    """An open regular file, read at any place without moving a position; close it, or use it in a `with`."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._handle, self.size = _open(self.path)
        self._head: bytes | None = None

    def at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; fewer at the end, none outside. Raises UnreadableImage when the drive
        fails.
        """
        if offset < 0 or length <= 0 or offset >= self.size:
            return b""
        if offset + length <= _HEAD:
            if self._head is None:
                self._head = self._read(0, min(_HEAD, self.size))
            return self._head[offset : offset + length]
        return self._read(offset, min(length, self.size - offset))

    def all(self) -> bytes:
        """The whole file."""
        return self._read(0, self.size)

    def _read(self, offset: int, length: int) -> bytes:
        try:
            if not hasattr(os, "pread"):  # Windows
                os.lseek(self._handle, offset, os.SEEK_SET)
            parts = []
            while length > 0:
                part = (
                    os.pread(self._handle, length, offset)
                    if hasattr(os, "pread")
                    else os.read(self._handle, length)
                )
                if not part:
                    break
                parts.append(part)
                offset += len(part)
                length -= len(part)
        except OSError as error:
            raise UnreadableImage(self.path, reason_of(error)) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_bytes(path: Path | str) -> bytes:
    """The whole content of a regular file of allowed size.

    Raises UnreadableImage: missing, empty, no permission, a folder, pipe or device (never waited for), too
    large.
    """
    with Source(path) as source:
        return source.all()


def reason_of(error: OSError) -> str:
    """Why the system refused, in plain words."""
    if error.errno in _REASONS:
        return _REASONS[error.errno]
    return f"cannot be read ({error.strerror or type(error).__name__})"


def _open(path: Path) -> tuple[int, int]:
    """Handle and size of a regular file."""
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        # Asked before opening: to open some devices is already to act on them.
        _demand_regular(path, path.stat().st_mode)
        handle = os.open(path, flags)
    except ValueError as error:  # a zero byte in the name
        raise UnreadableImage(str(path).replace("\0", "\\0"), "no such file") from error
    except OSError as error:
        raise UnreadableImage(path, reason_of(error)) from error
    try:
        state = os.fstat(handle)
        _demand_regular(path, state.st_mode)
        if state.st_size == 0:
            raise UnreadableImage(path, "empty file (0 bytes)")
        limit = settings().max_file_bytes
        if state.st_size > limit:
            raise UnreadableImage(
                path, f"{state.st_size:,} bytes; more than the {limit:,} allowed (VEDUTA_MAX_FILE_BYTES)"
            )
    except BaseException:
        os.close(handle)
        raise
    return handle, state.st_size


def _demand_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise UnreadableImage(
            path, next((why for test, why in _KINDS if test(mode)), "is not a regular file")
        )
