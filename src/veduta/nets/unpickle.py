"""Read the tensors of a PyTorch ``.pth`` file without PyTorch and without running anything that it contains.

A pickle is a program. This reader knows only the handful of calls that rebuild tensors and refuses every
other name, so that a weight file can hold numbers and nothing else. Both layouts are read: the zip archive of
PyTorch >= 1.6 and the older sequence of pickles.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput, VedutaError

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C

STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}


class UnsafePickle(BadInput):
    """A weight file that asks for more than tensors."""


class UnreadableWeights(BadInput):
    """A weight file that is damaged or of an unknown layout."""


@dataclass(frozen=True, slots=True)
class _StorageType:
    dtype: str


@dataclass(slots=True)
class _Lazy:
    """A tensor whose numbers come later (in the old layout they follow the pickles)."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def array(self) -> NDArray[Any]:
        flat = self.storage.data
        if flat is None:
            raise UnreadableWeights("a tensor without numbers")
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.stride, strict=True))
        negative = self.offset < 0 or any(s < 0 for s in self.stride) or any(n < 0 for n in self.shape)
        if negative or (0 not in self.shape and last >= flat.size):
            raise UnreadableWeights(f"a tensor of shape {self.shape} reaches beyond its {flat.size} numbers")
        steps = tuple(s * flat.itemsize for s in self.stride)
        view = np.lib.stride_tricks.as_strided(flat[self.offset :], self.shape, steps, writeable=False)
        return np.ascontiguousarray(view).reshape(self.shape)


@dataclass(slots=True)
class _Storage:
    dtype: str
    count: int
    data: NDArray[Any] | None = None


def _rebuild(storage: Any, offset: int, shape: Any, stride: Any, *_: Any) -> _Lazy:
    if not isinstance(storage, _Storage):
        raise UnreadableWeights("a tensor without a storage")
    return _Lazy(storage, int(offset), tuple(map(int, shape)), tuple(map(int, stride)))


def _parameter(data: Any, *_: Any) -> Any:
    return data


ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    ("torch._utils", "_rebuild_tensor"): _rebuild,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    **{("torch", name): _StorageType(dtype) for name, dtype in STORAGES.items()},
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, storages: dict[str, _Storage]) -> None:
        super().__init__(file, encoding="latin-1")
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        found = ALLOWED.get((module, name))
        if found is None:
            raise UnsafePickle(
                f"asks for {module}.{name}, which weights have no need of; it was not run. Do not use the file"
            )
        return found

    def persistent_load(self, pid: Any) -> _Storage:
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage":
            raise UnreadableWeights("a reference that is not a tensor storage")
        _, kind, key, _, count = pid[:5]
        if not isinstance(kind, _StorageType) or not isinstance(count, int) or count < 0:
            raise UnreadableWeights("a tensor storage of unknown type")
        if len(pid) > 5 and pid[5] is not None:
            raise UnreadableWeights("a tensor storage that is a view of another")
        return self._storages.setdefault(str(key), _Storage(kind.dtype, count))


def _load(file: BinaryIO, storages: dict[str, _Storage]) -> Any:
    try:
        return _Unpickler(file, storages).load()
    except VedutaError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way at all
        raise UnreadableWeights(f"damaged pickle ({type(error).__name__}: {error})") from error


def _fill(storage: _Storage, raw: bytes, key: str) -> None:
    dtype = np.dtype(storage.dtype)
    if len(raw) < storage.count * dtype.itemsize:
        raise UnreadableWeights(f"storage {key} is cut short: {len(raw)} bytes for {storage.count} {dtype}")
    storage.data = np.frombuffer(raw, dtype, storage.count)


def _read_zip(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        main = [name for name in names if name.endswith("data.pkl")]
        if len(main) != 1:
            raise UnreadableWeights("no data.pkl inside")
        root = main[0][: -len("data.pkl")]
        if f"{root}byteorder" in names and archive.read(f"{root}byteorder").strip() != b"little":
            raise UnreadableWeights("big-endian numbers")
        storages: dict[str, _Storage] = {}
        tree = _load(io.BytesIO(archive.read(main[0])), storages)
        for key, storage in storages.items():
            try:
                raw = archive.read(f"{root}data/{key}")
            except KeyError as error:
                raise UnreadableWeights(f"storage {key} is missing") from error
            _fill(storage, raw, key)
        return tree


def _read_legacy(path: Path) -> Any:
    storages: dict[str, _Storage] = {}
    with path.open("rb") as file:
        if _load(file, {}) != LEGACY_MAGIC:
            raise UnreadableWeights("not a PyTorch file")
        _load(file, {})  # protocol version
        _load(file, {})  # sizes of the machine that wrote it
        tree = _load(file, storages)
        for key in _load(file, {}):
            storage = storages.get(str(key))
            if storage is None:
                raise UnreadableWeights(f"storage {key} belongs to no tensor")
            count = int.from_bytes(file.read(8), "little")
            if count != storage.count:
                raise UnreadableWeights(f"storage {key} has {count} numbers instead of {storage.count}")
            _fill(storage, file.read(count * np.dtype(storage.dtype).itemsize), str(key))
    return tree


def _resolve(tree: Any) -> Any:
    if isinstance(tree, _Lazy):
        return tree.array()
    if isinstance(tree, Mapping):
        return {key: _resolve(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_resolve(value) for value in tree]
    if isinstance(tree, (_Storage, _StorageType)):
        raise UnreadableWeights("a bare storage instead of a tensor")
    return tree


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """The named tensors of `path`: a state dict, or a checkpoint with one under ``state_dict`` or ``model``.

    Raises UnsafePickle when the file asks for anything but tensors, UnreadableWeights when it is damaged.
    """
    try:
        tree = _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)
        tree = _resolve(tree)
    except UnsafePickle as error:
        raise UnsafePickle(f"{path.name}: {error}") from None
    except (UnreadableWeights, zipfile.BadZipFile) as error:
        raise UnreadableWeights(f"{path.name}: {error}") from error
    if isinstance(tree, dict):
        for key in ("state_dict", "model"):
            if isinstance(tree.get(key), dict):
                tree = tree[key]
    if not isinstance(tree, dict):
        raise UnreadableWeights(f"{path.name}: no named tensors inside")
    return {str(k): v for k, v in tree.items() if isinstance(v, np.ndarray)}
