"""Surfaces over a hole that continue their surroundings: no jump, and (biharmonic) no kink."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

# Hidden pixels that a membrane is solved for; its surface is smooth enough to be enlarged.
MOST = 4000


def biharmonic(values: Floats, mask: Bools) -> Floats:
    """`values` (h, w, c) with the masked ones replaced by the surface of least squared Laplacian.

    One sparse factorization serves all channels. With no known pixel at all the result is the values' own mean.
    Source: Damelin and Hoang, On Surface Completion and Image Inpainting by Biharmonic Functions, 2018.
    """
    return _solve(values, mask, 2)


def harmonic(values: Floats, mask: Bools) -> Floats:
    """`values` (h, w, c) with the masked ones replaced by the membrane through the known ones around."""
    return _solve(values, mask, 1)


def membrane(values: Floats, mask: Bools) -> Floats:
    """`harmonic` for holes of any size: solved on a smaller picture where many pixels are hidden, and enlarged."""
    hidden = int(mask.sum())
    if hidden <= MOST or mask.all():
        return harmonic(values, mask)
    scale = (MOST / hidden) ** 0.5
    size = (max(2, round(mask.shape[1] * scale)), max(2, round(mask.shape[0] * scale)))
    weight = (~mask).astype(np.float32)
    total = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    summed = cv2.resize(values * weight[..., None], size, interpolation=cv2.INTER_AREA)
    small = np.asarray(summed / np.maximum(total, 1e-6)[..., None], np.float32)
    solved = harmonic(small, total < 0.5)
    result = values.copy()
    result[mask] = cv2.resize(solved, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)[mask]
    return result


def _solve(values: Floats, mask: Bools, order: int) -> Floats:
    result = values.copy()
    if not mask.any():
        return result
    if mask.all():
        result[:] = values.mean(axis=(0, 1))
        return result
    height, width = mask.shape
    inside = np.flatnonzero(mask)
    near = np.zeros_like(mask)
    ys, xs = np.divmod(inside, width)
    for dy in range(-order, order + 1):
        for dx in range(-order, order + 1):
            near[np.clip(ys + dy, 0, height - 1), np.clip(xs + dx, 0, width - 1)] = True
    members = np.flatnonzero(near)
    laplacian = _laplacian(members, height, width)
    system = laplacian if order == 1 else laplacian.T @ laplacian
    unknown = mask.reshape(-1)[members]
    flat = values.reshape(height * width, -1)
    rows = system[unknown]
    right = -(rows[:, ~unknown] @ flat[members[~unknown]].astype(np.float64))
    left = rows[:, unknown].tocsc()
    # A hole that touches no known pixel on some side is still pinned by the others; this keeps the factor regular.
    left = left + sparse.identity(left.shape[0], format="csc") * 1e-9
    factor = splu(left, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    solved: Any = factor.solve(np.ascontiguousarray(right))
    result.reshape(height * width, -1)[inside] = solved
    return result


def _laplacian(members: NDArray[np.int64], height: int, width: int) -> Any:
    """The graph Laplacian among the pixels `members` (flat, ascending) of a picture: no flow over its edges."""
    place = np.full(height * width, -1, np.int32)
    place[members] = np.arange(len(members), dtype=np.int32)
    firsts, seconds = [], []
    for step, legal in ((1, members % width < width - 1), (width, members < (height - 1) * width)):
        first = members[legal]
        second = place[first + step]
        kept = second >= 0
        firsts.append(place[first[kept]])
        seconds.append(second[kept])
    one, two = np.concatenate(firsts), np.concatenate(seconds)
    count = len(members)
    ones = np.ones(len(one))
    links = sparse.coo_matrix((ones, (one, two)), (count, count)).tocsr()
    links = links + links.T
    degree = np.asarray(links.sum(axis=1)).reshape(-1)
    return (sparse.diags(degree) - links).tocsr()
