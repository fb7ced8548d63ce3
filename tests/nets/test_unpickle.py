"""Weight files hold numbers; anything else in them is refused and never run."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from veduta.nets.unpickle import LEGACY_MAGIC, UnreadableWeights, UnsafePickle, read_weights


class _Global:
    """Pickles as a reference to a name that need not exist here."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Tensor:
    def __init__(
        self,
        key: str,
        kind: str,
        count: int,
        shape: tuple[int, ...],
        stride: tuple[int, ...],
        offset: int = 0,
    ):
        self.parts = key, kind, count, shape, stride, offset


class _Pickler(pickle._Pickler):
    """Writes what torch.save writes, without torch."""

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, _Global):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, _Tensor):
            key, kind, count, shape, stride, offset = obj.parts
            self.save(_Global("torch._utils", "_rebuild_tensor_v2"))
            self.write(pickle.MARK)
            self.save(("storage", _Global("torch", kind), key, "cpu", count))
            self.write(pickle.BINPERSID)
            for part in (offset, shape, stride, False, OrderedDict()):
                self.save(part)
            self.write(pickle.TUPLE + pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)


def dumped(tree: Any) -> bytes:
    out = io.BytesIO()
    _Pickler(out, protocol=2).dump(tree)
    return out.getvalue()


def zipped(path: Path, tree: Any, storages: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", tree if isinstance(tree, bytes) else dumped(tree))
        for key, raw in storages.items():
            archive.writestr(f"net/data/{key}", raw)
    return path


def legacy(path: Path, tree: Any, storages: dict[str, tuple[int, bytes]]) -> Path:
    head = dumped(LEGACY_MAGIC) + dumped(1001) + dumped({"little_endian": True})
    body = dumped(tree) + dumped(list(storages))
    for count, raw in storages.values():
        body += struct.pack("<q", count) + raw
    path.write_bytes(head + body)
    return path


NUMBERS = np.arange(24, dtype=np.float32)


def test_zip_layout(tmp_path: Path) -> None:
    tree = OrderedDict(
        whole=_Tensor("0", "FloatStorage", 24, (2, 3, 4), (12, 4, 1)),
        turned=_Tensor("0", "FloatStorage", 24, (4, 6), (1, 4)),
        part=_Tensor("0", "FloatStorage", 24, (5,), (2,), 3),
        count=_Tensor("1", "LongStorage", 1, (), ()),
    )
    path = zipped(tmp_path / "a.pth", tree, {"0": NUMBERS.tobytes(), "1": np.int64(7).tobytes()})
    read = read_weights(path)
    assert np.array_equal(read["whole"], NUMBERS.reshape(2, 3, 4))
    assert np.array_equal(read["turned"], NUMBERS.reshape(6, 4).T)
    assert np.array_equal(read["part"], NUMBERS[3:13:2])
    assert read["count"].shape == () and read["count"] == 7


def test_legacy_layout_and_checkpoint(tmp_path: Path) -> None:
    half = np.array([0.5, -2], np.float16)
    tree = {
        "epoch": 3,
        "state_dict": OrderedDict(
            a=_Tensor("x", "FloatStorage", 24, (24,), (1,)), b=_Tensor("y", "HalfStorage", 2, (2,), (1,))
        ),
    }
    path = legacy(tmp_path / "a.pth", tree, {"x": (24, NUMBERS.tobytes()), "y": (2, half.tobytes())})
    read = read_weights(path)
    assert set(read) == {"a", "b"}
    assert np.array_equal(read["a"], NUMBERS)
    assert np.array_equal(read["b"], half)


class _Evil:
    def __init__(self, flag: Path) -> None:
        self.flag = flag

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.flag}",)


@pytest.mark.parametrize("layout", ["zip", "legacy"])
def test_malicious_pickle_is_refused_and_not_run(tmp_path: Path, layout: str) -> None:
    flag = tmp_path / "was-run"
    evil = pickle.dumps({"a": _Evil(flag)}, protocol=2)
    path = tmp_path / "evil.pth"
    if layout == "zip":
        zipped(path, evil, {})
    else:
        path.write_bytes(dumped(LEGACY_MAGIC) + dumped(1001) + dumped({}) + evil)
    with pytest.raises(UnsafePickle, match=r"evil\.pth: asks for (posix|nt)\.system"):
        read_weights(path)
    assert not flag.exists()
    pickle.loads(evil)  # the same bytes do run in an ordinary reader
    assert flag.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("numpy", "load"),
        ("torch", "load"),
        ("torch.hub", "load"),
    ],
)
def test_every_other_name_is_refused(tmp_path: Path, module: str, name: str) -> None:
    path = zipped(tmp_path / "a.pth", {"a": _Global(module, name)}, {})
    with pytest.raises(UnsafePickle, match=f"{module}.{name}"):
        read_weights(path)


def test_tensor_beyond_its_numbers_is_refused(tmp_path: Path) -> None:
    for shape, stride, offset in (((5, 5), (5, 1), 0), ((24,), (1,), 1), ((2,), (-1,), 3), ((1,), (1,), -1)):
        tree = {"a": _Tensor("0", "FloatStorage", 24, shape, stride, offset)}
        path = zipped(tmp_path / "a.pth", tree, {"0": NUMBERS.tobytes()})
        with pytest.raises(UnreadableWeights, match="reaches beyond"):
            read_weights(path)


def test_damage_is_named(tmp_path: Path) -> None:
    tree = {"a": _Tensor("0", "FloatStorage", 24, (24,), (1,))}
    with pytest.raises(UnreadableWeights, match="cut short"):
        read_weights(zipped(tmp_path / "a.pth", tree, {"0": NUMBERS.tobytes()[:40]}))
    with pytest.raises(UnreadableWeights, match="missing"):
        read_weights(zipped(tmp_path / "b.pth", tree, {}))
    whole = legacy(tmp_path / "c.pth", tree, {"0": (24, NUMBERS.tobytes())}).read_bytes()
    for keep in range(0, len(whole), 7):
        (tmp_path / "d.pth").write_bytes(whole[:keep])
        with pytest.raises(UnreadableWeights, match=r"d\.pth"):
            read_weights(tmp_path / "d.pth")
