"""Stacks of shots with known truth: people pasted into photographs, each shot moved, turned and exposed otherwise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import eval_dir
from veduta.see.mask import decode

PEOPLE = 6
# Share of each side of the photograph that the hand may move over.
MARGIN = 0.06
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """Shots of one view; `clean` shows it in the pose and exposure of each shot, `people` where people are.

    `matrices` take pixels of the photograph to pixels of the shots.
    """

    shots: list[Pixels]
    clean: list[Pixels]
    people: list[NDArray[np.uint8]]
    matrices: list[NDArray[np.float64]]

    def anybody(self, reference: int) -> NDArray[np.bool_]:
        """Where at least one shot shows a person, in the pose of shot `reference`."""
        height, width = self.clean[0].shape[:2]
        out = np.zeros((height, width), bool)
        for mask, matrix in zip(self.people, self.matrices, strict=True):
            change = self.matrices[reference] @ np.linalg.inv(matrix)
            out |= cv2.warpPerspective(mask, change, (width, height)) > 64
        return out


def cutouts(part: int = 0, parts: int = 2) -> list[Pixels]:
    """People cut out of the COCO pictures along their true masks, RGBA: upright ones that are large enough."""
    folder = eval_dir() / "objects_coco288"
    truth = json.loads((folder / "instances.json").read_text())
    person = next(c["id"] for c in truth["categories"] if c["name"] == "person")
    names = {i["id"]: i for i in truth["images"]}
    out = []
    for one in truth["annotations"]:
        x, y, w, h = (round(v) for v in one["bbox"])
        image = names[one["image_id"]]
        if (
            one["category_id"] != person
            or one.get("iscrowd")
            or h < max(70, 1.4 * w)
            or w < 25
            or one["image_id"] % parts != part
        ):
            continue
        mask = _mask(one["segmentation"], image["height"], image["width"])
        path = next(folder.rglob(Path(image["file_name"]).name))
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        out.append(np.dstack([pixels, mask])[y : y + h, x : x + w])
    return out


def _mask(segmentation: Any, height: int, width: int) -> Pixels:
    if isinstance(segmentation, dict):
        return decode(segmentation).astype(np.uint8) * 255
    mask = np.zeros((height, width), np.uint8)
    for ring in segmentation:
        cv2.fillPoly(mask, [np.rint(np.reshape(ring, (-1, 2))).astype(np.int32)], 255)
    return mask


def photographs() -> dict[str, Pixels]:
    """Photographs without people that installed packages ship, RGB."""
    import skimage
    from sklearn.datasets import load_sample_image

    data = Path(skimage.__file__).parent / "data"
    names = ("coffee.png", "rocket.jpg", "chelsea.png", "motorcycle_left.png")
    out = {Path(n).stem: np.asarray(cv2.imread(str(data / n), cv2.IMREAD_COLOR_RGB), np.uint8) for n in names}
    return out | {"china": load_sample_image("china.jpg"), "flower": load_sample_image("flower.jpg")}


def scene(
    photograph: Pixels,
    people: Sequence[Pixels],
    count: int,
    seed: int,
    width: int = 640,
    each: int = PEOPLE,
    stay: int = 0,
) -> Scene:
    """`count` shots of a photograph with `each` people in each, of which `stay` stand still through all shots."""
    rng = np.random.default_rng(seed)
    height = round(photograph.shape[0] / photograph.shape[1] * width) // 2 * 2
    made = Scene([], [], [], [])
    standing = [_person(people, height, width, rng) for _ in range(stay)]
    for _ in range(count):
        matrix = _pose(photograph.shape[1], photograph.shape[0], width, height, rng)
        clean = cv2.warpPerspective(
            photograph, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        shot, mask = clean.copy(), np.zeros((height, width), np.uint8)
        centered = _centered(photograph.shape[1], photograph.shape[0], width, height)
        for person in standing:
            _paste(shot, mask, person, matrix @ np.linalg.inv(centered))
        for _ in range(each - stay):
            _paste(shot, mask, _person(people, height, width, rng), np.eye(3))
        gain = rng.uniform(0.85, 1.18) * rng.uniform(0.97, 1.03, 3)
        gamma = rng.uniform(0.95, 1.05)
        levels = np.arange(256)[:, None] / 255
        tone = np.clip(255 * np.clip(levels * gain, 0, 1) ** gamma, 0, 255)
        noise = rng.normal(0, 2.0, shot.shape)
        exposed = np.stack([np.interp(shot[..., c], np.arange(256), tone[:, c]) for c in range(3)], 2)
        made.shots.append(np.clip(np.rint(exposed + noise), 0, 255).astype(np.uint8))
        table = np.rint(tone).astype(np.uint8)
        made.clean.append(np.asarray(cv2.LUT(clean, table[None]), np.uint8))
        made.people.append(mask)
        made.matrices.append(matrix)
    return made


def _centered(from_width: int, from_height: int, width: int, height: int) -> NDArray[np.float64]:
    scale = width / (from_width * (1 - 2 * MARGIN)), height / (from_height * (1 - 2 * MARGIN))
    return np.array(
        [
            [scale[0], 0, -MARGIN * from_width * scale[0]],
            [0, scale[1], -MARGIN * from_height * scale[1]],
            [0, 0, 1],
        ]
    )


def _pose(
    from_width: int, from_height: int, width: int, height: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A hand's movement: shifts of 2 % of a side, 1.5 degrees, 1.5 % nearer or farther, a little tilt."""
    angle, zoom = np.deg2rad(rng.uniform(-1.5, 1.5)), rng.uniform(0.985, 1.015)
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    shift = rng.uniform(-0.02, 0.02, 2) * (width, height)
    tilt = rng.uniform(-0.012, 0.012, 2) / (width, height)
    hand = np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]], [tilt[0], tilt[1], 1]])
    middle = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1.0]])
    moved: NDArray[np.float64] = (
        middle @ hand @ np.linalg.inv(middle) @ _centered(from_width, from_height, width, height)
    )
    return moved


def _person(
    people: Sequence[Pixels], height: int, width: int, rng: np.random.Generator
) -> tuple[Pixels, float, float]:
    """A person of 18 to 45 % of the shot's height, and the place of the top left corner."""
    cut = people[rng.integers(len(people))]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    tall = rng.uniform(0.18, 0.45) * height
    size = (max(2, round(cut.shape[1] * tall / cut.shape[0])), max(2, round(tall)))
    shrinks = size[1] < cut.shape[0]
    cut = np.asarray(
        cv2.resize(cut, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8
    )
    return (
        cut,
        rng.uniform(-0.3 * size[0], width - 0.7 * size[0]),
        rng.uniform(0.25 * height, 1.0 * height - 0.7 * size[1]),
    )


def _paste(
    shot: Pixels, mask: Pixels, person: tuple[Pixels, float, float], matrix: NDArray[np.float64]
) -> None:
    cut, left, top = person
    height, width = mask.shape
    place = matrix @ np.array([[1, 0, left], [0, 1, top], [0, 0, 1.0]])
    laid = cv2.warpPerspective(cut, place, (width, height), flags=cv2.INTER_LINEAR)
    alpha = laid[..., 3:].astype(np.float32) / 255
    shot[:] = np.rint(shot * (1 - alpha) + laid[..., :3] * alpha).astype(np.uint8)
    np.maximum(mask, laid[..., 3], out=mask)
