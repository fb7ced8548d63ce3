"""Trains the head of number plates on what the text detector sees in windows, in a few minutes of one processor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from veduta.learn.plates_data import Windows
from veduta.learn.plates_network import PlateHead
from veduta.see.plate_network import PlateFeatures

BATCH = 64
RATE = 2e-3
WEIGHT_DECAY = 1e-2
# How much a share of the window's width or height counts against a doubling of the odds.
CORNERS = 12.0
SMOOTH = 0.03
LABELS = 0.02
# Of each batch, so many are plates.
PLATES = 0.45
AVERAGED = 0.995
# Windows whose features are read at once.
READ = 64


@dataclass(frozen=True)
class Step:
    """How far a training is: steps done, processor seconds, mean losses since the last report."""

    number: int
    seconds: float
    told: float
    placed: float


@dataclass(frozen=True)
class Examples:
    """Features of windows, float16 (n, channels, rows, columns), whether each is a plate (n,), its corners (n, 8)."""

    features: NDArray[np.float16]
    is_plate: NDArray[np.bool_]
    corners: NDArray[np.float32]


def examples(parts: Sequence[Windows], seed: int, changes: int = 1) -> Examples:
    """The features of windows, as they are and `changes` times in other light."""
    random = np.random.default_rng(seed)
    network = PlateFeatures()
    features, is_plate, corners = [], [], []
    for part in parts:
        for turn in range(1 + changes):
            for start in range(0, len(part.pixels), READ):
                windows = part.pixels[start : start + READ]
                seen = network.of(list(changed(random, windows) if turn else windows))
                features.append(seen.astype(np.float16))
            is_plate.append(part.is_plate)
            corners.append(part.corners.reshape(-1, 8))
    return Examples(
        np.concatenate(features), np.concatenate(is_plate), np.concatenate(corners).astype(np.float32)
    )


def joined(*some: Examples) -> Examples:
    """Several as one."""
    return Examples(
        np.concatenate([one.features for one in some]),
        np.concatenate([one.is_plate for one in some]),
        np.concatenate([one.corners for one in some]),
    )


def train(
    known: Examples,
    seconds: float,
    seed: int,
    report: Callable[[Step], None] | None = None,
    start: PlateHead | None = None,
    steps: int | None = None,
) -> PlateHead:
    """Train for so many processor seconds, from `start` if given; the weights are averaged over the last steps.

    With `steps`, for exactly so many steps instead, which gives the same weights on a fast and a slow machine.

    The rate rises and falls with what is used up (Smith, "Super-Convergence", 2018, arXiv 1708.07120).
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = PlateHead() if start is None else start
    yes, no = np.flatnonzero(known.is_plate), np.flatnonzero(~known.is_plate)
    positive = int(BATCH * PLATES)
    averaged = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGED), use_buffers=True
    )
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    started, number = time.process_time(), 0
    told = placed = 0.0
    while (used := number / steps if steps else (time.process_time() - started) / seconds) < 1:
        chosen = np.concatenate([random.choice(yes, positive), random.choice(no, BATCH - positive)])
        is_plate = torch.from_numpy(known.is_plate[chosen].astype(np.float32))
        corners = torch.from_numpy(known.corners[chosen])
        for group in optimizer.param_groups:
            group["lr"] = RATE * (
                used / 0.1 if used < 0.1 else 0.5 * (1 + np.cos(np.pi * (used - 0.1) / 0.9))
            )
        network.train()
        found = network(torch.from_numpy(known.features[chosen].astype(np.float32)))
        target = is_plate * (1 - 2 * LABELS) + LABELS
        loss_told = functional.binary_cross_entropy_with_logits(found[:, 0], target)
        off = functional.smooth_l1_loss(found[:, 1:], corners, beta=SMOOTH, reduction="none").mean(dim=1)
        loss_placed = (off * is_plate).sum() / is_plate.sum().clamp(min=1)
        optimizer.zero_grad()
        (loss_told + CORNERS * loss_placed).backward()
        optimizer.step()
        averaged.update_parameters(network)
        told, placed, number = (
            told + float(loss_told.detach()),
            placed + float(loss_placed.detach()),
            number + 1,
        )
        if number % 100 == 0:
            if report is not None:
                report(Step(number, time.process_time() - started, told / 100, placed / 100))
            told = placed = 0.0
    best: PlateHead = averaged.module
    return best.eval()


def changed(random: np.random.Generator, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Windows in other light, contrast and color, some without color, some negative."""
    levels = np.arange(256, dtype=np.float32)[:, None]
    out = np.empty_like(pixels)
    for number, window in enumerate(pixels):
        middle = float(random.uniform(80, 170))
        curve = (levels - middle) * np.exp(random.normal(0, 0.25)) + middle
        curve = curve * np.exp(random.normal(0, 0.2) + random.normal(0, 0.07, 3)) + random.normal(0, 8)
        if random.random() < 0.05:
            curve = 255 - curve
        table = np.clip(curve, 0, 255).astype(np.uint8)
        if random.random() < 0.15:
            gray = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY)
            window = np.repeat(gray[..., None], 3, axis=2)
        out[number] = cv2.LUT(np.ascontiguousarray(window), np.ascontiguousarray(table[None]))
    return out
