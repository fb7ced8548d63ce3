"""Losses for thin structures: focal, Dice, and Dice of center lines."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

TINY = 1e-6


def focal(logits: Tensor, truth: Tensor, gamma: float = 2.0, balance: float = 0.75) -> Tensor:
    """Binary cross entropy that easy pixels hardly count in (Lin et al. 2017, arXiv 1708.02002); the mean.

    `balance` is the weight of pixels of the object, 1 - balance that of the others.
    """
    plain = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    right = torch.exp(-plain)  # the probability given to the truth
    weight = balance * truth + (1 - balance) * (1 - truth)
    return (weight * (1 - right) ** gamma * plain).mean()


def dice(probability: Tensor, truth: Tensor) -> Tensor:
    """1 - Dice coefficient over the whole batch (n, 1, h, w)."""
    shared = (probability * truth).sum()
    return 1 - (2 * shared + TINY) / (probability.sum() + truth.sum() + TINY)


def _thin(mask: Tensor) -> Tensor:
    """Soft erosion: the least value of each pixel's cross of five."""
    across = -functional.max_pool2d(-mask, (1, 3), 1, (0, 1))
    down = -functional.max_pool2d(-mask, (3, 1), 1, (1, 0))
    return torch.minimum(across, down)


def skeleton(mask: Tensor, rounds: int = 3) -> Tensor:
    """Soft center lines of a mask (n, 1, h, w) with values in [0, 1], of things up to 2 * rounds pixels thick.

    The differences between the mask and its opening, gathered while it is eroded (Shit et al. 2021, arXiv 2003.07311).
    """
    left = mask
    lines = torch.zeros_like(mask)
    for _ in range(rounds + 1):
        eroded = _thin(left)
        opened = functional.max_pool2d(eroded, 3, 1, 1)
        ridge = functional.relu(left - opened)
        lines = lines + functional.relu(ridge - lines * ridge)
        left = eroded
    return lines


def center_line_dice(probability: Tensor, truth: Tensor, rounds: int = 3) -> Tensor:
    """1 - clDice: how much of each mask's center lines lies in the other mask, as a harmonic mean."""
    ours, theirs = skeleton(probability, rounds), skeleton(truth, rounds)
    precise = ((ours * truth).sum() + TINY) / (ours.sum() + TINY)
    recalled = ((theirs * probability).sum() + TINY) / (theirs.sum() + TINY)
    return 1 - 2 * precise * recalled / (precise + recalled)
