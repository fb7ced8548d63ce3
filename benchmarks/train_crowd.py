"""Learns where the heads of a crowd are: ``python -m benchmarks.train_crowd``.

A small head on maps of EfficientNet-Lite2 learns a density that adds up to the number of heads. Nobody counted a
crowd for it: the crowds are made. People of landmarks/bank, chosen by eye (crowd_people.csv) and cut out by the
package's own masks, stand in rows, from afar to near, before photos of landmarks/bank and landmarks/others/train in
which neither the detector of persons nor that of faces suspects anybody; some such photos stay empty. How large and
how close they are, from where they are seen, light and blur are drawn at random, with a fixed seed.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import eval_dir
from veduta.files import replacing
from veduta.image.decode import load
from veduta.image.photo import Pixels
from veduta.nets.store import default_store
from veduta.see.crowd import STRIDE, Maps
from veduta.see.face_detector import FaceDetector
from veduta.see.objects import ObjectRecognizer
from veduta.see.person_masks import PersonMasks

HERE = Path(__file__).parent
TARGET = HERE.parent / "src/veduta/see/data/crowd.npz"
SIDE = 384
CROWDS, EMPTY = 700, 300
STEPS, BATCH, RATE = 2000, 10, 2e-3
SPREAD = 1.0  # of a head in the density that is learned, in cells
VISIBLE = 0.4
GRADES = 1.12  # neighboring sizes of a figurine

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Figurine:
    """Somebody cut out: RGB and opacity float32, the head's middle and height in its pixels."""

    pixels: Floats
    alpha: Floats
    x: float
    y: float
    head: float
    sizes: dict[int, tuple[Floats, Floats]] = field(default_factory=dict)

    def at(self, scale: float) -> tuple[Floats, Floats, float]:
        """Pixels and opacity at the nearest of some scales, and that scale."""
        step = round(np.log(scale) / np.log(GRADES))
        true = GRADES**step
        if step not in self.sizes:
            size = (max(2, round(self.alpha.shape[1] * true)), max(3, round(self.alpha.shape[0] * true)))
            how = cv2.INTER_AREA if true < 1 else cv2.INTER_LINEAR
            self.sizes[step] = (
                cv2.resize(self.pixels, size, interpolation=how),
                cv2.resize(self.alpha, size, interpolation=how)[..., None],
            )
        return (*self.sizes[step], true)


def figurines() -> list[Figurine]:
    """The people of crowd_people.csv."""
    folder = eval_dir() / "landmarks"
    masks = PersonMasks()
    found = []
    with (HERE / "crowd_people.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        photo = load(folder / row["file"])
        box = (float(row["x"]), float(row["y"]), float(row["width"]), float(row["height"]))
        (patch,) = masks.masks(photo, [box])
        left, top, wide, tall = patch.box
        if not tall:
            continue
        cut = patch.full()[top : top + tall, left : left + wide].astype(np.float32)
        pixels = photo.pixels[top : top + tall, left : left + wide].astype(np.float32)
        if int(row["face"]):
            x, y = float(row["head_x"]) - left, float(row["head_y"]) - top
            head = float(np.clip(2 * y, 0.1 * tall, 0.6 * tall))
        else:
            head = tall / (7.5 if tall > 2 * wide else 4.5)
            x = float(np.flatnonzero(cut[: max(2, int(head))].any(axis=0)).mean())
            y = head / 2
        found.append(Figurine(pixels, cv2.GaussianBlur(cut, (3, 3), 0), x, y, head))
    return found


def grounds(most: int = 400) -> list[Pixels]:
    """Photos in which nobody is suspected."""
    folder = eval_dir() / "landmarks"
    paths = (
        sorted((folder / "bank").rglob("*.jpg"))[::3] + sorted((folder / "others/train").glob("*.jpg"))[::3]
    )
    bodies, faces = ObjectRecognizer(least=0.12), FaceDetector()
    found: list[Pixels] = []
    for path in paths:
        photo = load(path)
        if any(f.kind == "person" for f in bodies.see([photo])[0]) or faces.detect([photo])[0]:
            continue
        found.append(photo.pixels)
        if len(found) == most:
            break
    return found


def ground(pixels: Pixels, random: np.random.Generator) -> Floats:
    """A square of a photo, at a scale drawn at random."""
    height, width = pixels.shape[:2]
    scale = float(np.exp(random.uniform(np.log(0.7), np.log(2.2))))
    scale = max(scale, SIDE / min(height, width))
    size = (max(SIDE, round(width * scale)), max(SIDE, round(height * scale)))
    large = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    x, y = random.integers(0, size[0] - SIDE + 1), random.integers(0, size[1] - SIDE + 1)
    part = large[y : y + SIDE, x : x + SIDE].astype(np.float32)
    return part[:, ::-1].copy() if random.random() < 0.5 else part


def places(random: np.random.Generator) -> Iterator[tuple[float, float, float]]:
    """Where people stand, from afar to near: middle of the head (x, y) and its height."""
    near = float(np.exp(random.uniform(np.log(9), np.log(46))))
    horizon = random.uniform(-0.8, 0.55) * SIDE
    left, right = sorted(random.uniform(-0.2, 1.2, 2) * SIDE)
    if right - left < 0.3 * SIDE or random.random() < 0.4:
        left, right = -20.0, SIDE + 20.0
    beside = float(np.exp(random.uniform(np.log(1.0), np.log(5))))
    behind = float(np.exp(random.uniform(np.log(0.45), np.log(2.5))))
    kept = random.uniform(0.35, 1.0)
    y = max(horizon + 0.12 * (SIDE - horizon), -5)
    while y < SIDE + 8:
        head = near * (y - horizon) / (SIDE - horizon)
        if head >= 4.5:
            x = left + random.uniform(0, beside * head)
            while x < right:
                if random.random() < kept:
                    yield x, y + random.normal(0, 0.3 * head), head * random.uniform(0.85, 1.18)
                x += beside * head * random.uniform(0.6, 1.4)
        y += behind * max(head, 4.5)


def crowd(
    cast: list[Figurine], ground: Floats, random: np.random.Generator
) -> tuple[Pixels, list[tuple[float, float]]]:
    """A picture of a crowd, and the heads that can be seen in it."""
    picture = ground
    owner = np.zeros((SIDE, SIDE), np.int32)
    heads: list[tuple[float, float, float]] = []
    light = random.uniform(0.65, 1.2)
    for x, y, head in places(random):
        one = cast[random.integers(len(cast))]
        if head / one.head > 2.2:
            continue
        body, over, scale = one.at(head / one.head)
        at = one.x * scale
        if random.random() < 0.5:
            body, over, at = body[:, ::-1], over[:, ::-1], over.shape[1] - at
        tint = (light * random.uniform(0.75, 1.25)) * random.uniform(0.88, 1.12, 3).astype(np.float32)
        left, top = round(x - at), round(y - one.y * scale)
        a, b = max(0, left), min(SIDE, left + over.shape[1])
        c, d = max(0, top), min(SIDE, top + over.shape[0])
        if a >= b or c >= d:
            continue
        over = over[c - top : d - top, a - left : b - left]
        body = body[c - top : d - top, a - left : b - left] * tint
        picture[c:d, a:b] += (body - picture[c:d, a:b]) * over
        heads.append((x, y, head))
        owner[c:d, a:b][over[..., 0] > 0.5] = len(heads)
    seen = []
    for number, (x, y, head) in enumerate(heads, 1):
        half = max(1, round(0.35 * head))
        row, column = round(y), round(x)
        if not (0 <= row < SIDE and 0 <= column < SIDE):
            continue
        part = owner[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1]
        if (part == number).mean() >= VISIBLE:
            seen.append((x, y))
    return finished(picture, random), seen


def finished(picture: Floats, random: np.random.Generator) -> Pixels:
    """As a camera gives it: blurred, noisy, compressed."""
    if random.random() < 0.6:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 1.1))
    picture = (picture - 127) * random.uniform(0.75, 1.2) + 127 + random.uniform(-20, 20)
    picture = picture + random.normal(0, random.uniform(0, 6), picture.shape)
    sharp = picture.clip(0, 255).astype(np.uint8)
    _, data = cv2.imencode(
        ".jpg", sharp[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(45, 96))]
    )
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])


def density(heads: list[tuple[float, float]]) -> Floats:
    """What is to be learned: a small hill for each head, which adds up to one."""
    cells = SIDE // STRIDE
    axis = np.arange(cells, dtype=np.float32) + 0.5
    found = np.zeros((cells, cells), np.float32)
    for x, y in heads:
        across = np.exp(-((axis - x / STRIDE) ** 2) / (2 * SPREAD**2))
        down = np.exp(-((axis - y / STRIDE) ** 2) / (2 * SPREAD**2))
        hill = down[:, None] * across[None]
        found += hill / max(float(hill.sum()), 1e-6)
    return found


def examples(seed: int, crowds: int, empty: int) -> tuple[list[Pixels], list[Floats]]:
    """Pictures and their densities."""
    random = np.random.default_rng(seed)
    cast, stages = figurines(), grounds()
    print(f"{len(cast)} people, {len(stages)} grounds", flush=True)
    pictures, truths = [], []
    for number in range(crowds + empty):
        stage = ground(stages[random.integers(len(stages))], random)
        if number < crowds:
            picture, heads = crowd(cast, stage, random)
        else:
            picture, heads = finished(stage, random), []
        pictures.append(picture)
        truths.append(density(heads))
    return pictures, truths


def train(maps: list[tuple[NDArray[np.float16], ...]], truths: list[Floats], seed: int) -> dict[str, Floats]:
    """The head's weights, by gradient descent on squared errors of cells and of blocks of cells."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    random = np.random.default_rng(seed)

    class Head(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.fine = nn.Conv2d(48, 40, 1)
            self.coarse = nn.Conv2d(120, 40, 1, bias=False)
            self.near = nn.Conv2d(40, 24, 3, padding=1)
            self.out = nn.Conv2d(24, 1, 1)

        def forward(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
            up = nn.functional.interpolate(self.coarse(coarse), scale_factor=2, mode="nearest")
            hidden = torch.relu(self.fine(fine) + up)
            return nn.functional.softplus(self.out(torch.relu(self.near(hidden)))[:, 0])

    head = Head()
    head.out.bias.data.fill_(-4.0)
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
    order = np.array([], int)
    total = 0.0
    for step in range(STEPS):
        if len(order) < BATCH:
            order = random.permutation(len(truths))
        chosen, order = order[:BATCH], order[BATCH:]
        fine, coarse = (
            torch.from_numpy(np.stack([maps[i][level] for i in chosen]).astype(np.float32))
            for level in (0, 1)
        )
        truth = torch.from_numpy(np.stack([truths[i] for i in chosen]))
        said = head(fine, coarse)
        loss = ((said - truth) ** 2).mean() * 30
        for block in (4, 12):
            a = nn.functional.avg_pool2d(said[:, None], block) * block * block
            b = nn.functional.avg_pool2d(truth[:, None], block) * block * block
            loss = loss + ((a - b).abs() / (1 + b.sqrt())).mean() / block
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += float(loss.detach())
        if step % 200 == 199:
            print(f"step {step + 1}: {total / 200:.4f}", flush=True)
            total = 0.0
    return {
        name.replace(".", "_"): value.detach().numpy().astype(np.float16)
        for name, value in head.state_dict().items()
    }


def main() -> None:
    """Make the crowds, learn, and write the weights."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    pictures, truths = examples(1, CROWDS, EMPTY)
    network = Maps(default_store())
    maps = []
    for number, picture in enumerate(pictures):
        fine, coarse = network.run(picture)
        maps.append((fine.astype(np.float16), coarse.astype(np.float16)))
        if number % 200 == 0:
            print(f"maps {number}", flush=True)
    weights = train(maps, truths, 1)
    with replacing(TARGET) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **weights)
    print(TARGET)


if __name__ == "__main__":
    sys.exit(main())
