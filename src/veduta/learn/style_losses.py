"""Losses of style: what a picture shows, how it is painted, how restless it is."""

from __future__ import annotations

import torch
from torch import Tensor


def content_loss(maps: Tensor, wanted: Tensor) -> Tensor:
    """Half the sum of squared differences of maps (Gatys et al. 2015, arXiv 1508.06576, equation 1)."""
    return 0.5 * (maps - wanted).square().sum()


def gram(maps: Tensor) -> Tensor:
    """How often channels answer together, summed over all places: maps (n, c, h, w) to (n, c, c) (equation 3)."""
    flat = maps.flatten(2)
    return flat @ flat.transpose(1, 2)


def style_loss(maps: Tensor, wanted: Tensor) -> Tensor:
    """Squared distance of Gram matrices by 4 N^2 M^2 (equation 4): N channels, M places.

    `wanted` (1 or n, c, c) are Gram matrices by place, so that painting and picture may have different sizes. Over a
    batch, the mean.
    """
    count, channels, height, width = maps.shape
    away = gram(maps) / (height * width) - wanted
    return away.square().sum() / (4 * channels**2 * count)


def wanted_gram(maps: Tensor) -> Tensor:
    """The Gram matrix by place of a painting's maps, which `style_loss` compares with."""
    return (gram(maps) / (maps.shape[2] * maps.shape[3])).detach()


def total_variation(pictures: Tensor) -> Tensor:
    """The mean squared step between neighbors, across plus down (n, c, h, w)."""
    across = (pictures[..., 1:] - pictures[..., :-1]).square().mean()
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).square().mean()
    return torch.add(across, down)
