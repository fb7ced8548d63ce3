"""Filling by networks of the user's own, tried on tiny ones that take the inputs of the well-known ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from tests.nets import tiny
from veduta.edit.fill import fill
from veduta.errors import ModelUnavailable
from veduta.nets.engine import WrongInput
from veduta.nets.store import ModelStore

GREEN = np.array([20, 200, 40], np.float32)


def painter(path: Path, size: int | str, low: float, high: float) -> Path:
    """Paints green where the mask is 1; pixels lie between `low` and `high`."""
    color = (low + GREEN / 255 * (high - low)).reshape(1, 3, 1, 1)
    nodes = [
        helper.make_node("Sub", ["one", "mask"], ["kept"]),
        helper.make_node("Mul", ["image", "kept"], ["outside"]),
        helper.make_node("Mul", ["color", "mask"], ["inside"]),
        helper.make_node("Add", ["outside", "inside"], ["painted"]),
    ]
    return tiny.write(
        path,
        nodes,
        {"image": (tiny.FLOAT, (1, 3, size, size)), "mask": (tiny.FLOAT, (1, 1, size, size))},
        {"painted": (tiny.FLOAT, (1, 3, size, size))},
        {"one": np.array(1, np.float32), "color": color.astype(np.float32)},
    )


def keeper(path: Path) -> Path:
    """Takes 0 to 255, and a mask of 255 where to keep; paints green elsewhere."""
    nodes = [
        helper.make_node("Div", ["mask", "full"], ["kept"]),
        helper.make_node("Sub", ["one", "kept"], ["hidden"]),
        helper.make_node("Mul", ["image", "kept"], ["outside"]),
        helper.make_node("Mul", ["color", "hidden"], ["inside"]),
        helper.make_node("Add", ["outside", "inside"], ["painted"]),
    ]
    shape = (1, 3, "h", "w")
    return tiny.write(
        path,
        nodes,
        {"image": (tiny.FLOAT, shape), "mask": (tiny.FLOAT, (1, 1, "h", "w"))},
        {"painted": (tiny.FLOAT, shape)},
        {
            "one": np.array(1, np.float32),
            "full": np.array(255, np.float32),
            "color": GREEN.reshape(1, 3, 1, 1),
        },
    )


def four(path: Path, size: int) -> Path:
    """Takes the kept mask less 0.5 and the picture from -1 to 1 in one input; paints green where not kept."""
    nodes = [
        helper.make_node("Split", ["whole", "parts"], ["mask", "image"], axis=1),
        helper.make_node("Sub", ["half", "mask"], ["hidden"]),
        helper.make_node("Mul", ["color", "hidden"], ["inside"]),
        helper.make_node("Add", ["image", "inside"], ["painted"]),
    ]
    color = (GREEN / 127.5 - 1).reshape(1, 3, 1, 1)
    return tiny.write(
        path,
        nodes,
        {"whole": (tiny.FLOAT, (1, 4, size, size))},
        {"painted": (tiny.FLOAT, (1, 3, size, size))},
        {"half": np.array(0.5, np.float32), "parts": np.array([1, 3], np.int64), "color": color},
    )


def photo_and_mask(height: int = 200, width: int = 260) -> tuple[np.ndarray, np.ndarray]:
    photo = np.full((height, width, 3), (180, 60, 90), np.uint8)
    photo[: height // 2] = (40, 60, 160)
    mask = np.zeros((height, width), bool)
    mask[height // 3 : height // 2, width // 3 : width // 2] = True
    return photo, mask


def check(photo: np.ndarray, mask: np.ndarray) -> None:
    made = fill(photo, mask, "network")
    assert (made[~mask] == photo[~mask]).all()
    inner = made[mask].reshape(-1, 3)
    assert np.median(np.abs(inner - GREEN).max(axis=1)) <= 2


@pytest.mark.parametrize("size", ["side", 64, 96])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1)])
def test_a_picture_and_a_mask(
    empty_store: ModelStore, tmp_path: Path, size: int, low: int, high: int
) -> None:
    spread = 255 / (high - low)
    tiny.add(
        empty_store,
        painter(tmp_path / "fill.onnx", size, low, high),
        "fill",
        mean=(-low * spread,) * 3,
        std=(spread,) * 3,
    )
    check(*photo_and_mask())
    check(*photo_and_mask(900, 700))


def test_plain_pixels_and_a_mask_of_what_to_keep(empty_store: ModelStore, tmp_path: Path) -> None:
    tiny.add(empty_store, keeper(tmp_path / "fill.onnx"), "fill")
    check(*photo_and_mask())


def test_one_input_of_four(empty_store: ModelStore, tmp_path: Path) -> None:
    tiny.add(empty_store, four(tmp_path / "fill.onnx", 64), "fill")
    check(*photo_and_mask())


def test_without_a_network_the_remedy_is_told(empty_store: ModelStore) -> None:
    with pytest.raises(ModelUnavailable, match="veduta models add"):
        fill(*photo_and_mask(), "network")


def test_a_network_of_other_inputs_is_refused(empty_store: ModelStore, tmp_path: Path) -> None:
    tiny.add(empty_store, tiny.image_embedder(tmp_path / "other.onnx", np.eye(3)), "fill")
    with pytest.raises(WrongInput, match="a picture of 3 and a mask of 1"):
        fill(*photo_and_mask(), "network")
