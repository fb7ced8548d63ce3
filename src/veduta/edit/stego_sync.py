"""Finding the grid of a mark again, whatever was cut off and however the picture was resized.

A dozen faint waves, a template, stand out as peaks in the spectrum; where they are tells scale and turn, their phases
tell the place. Source: S. Pereira, T. Pun, "Robust template matching for affine resistant image watermarks", 2000.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from veduta.edit.stego_grid import PERIOD, Plane, grid_size

Reals = NDArray[np.float64]
Matrix = NDArray[np.float64]

WAVES = 14
LEAST, MOST = 13, 25  # waves in a period: lengths of 5 to 10 pixels of the grid
SCALE_STEP, TURN_STEP, TURN_MOST = 0.004, 0.25, 5.0
LEAST_SCALE, OCTAVE = 0.42, 1.6
CANDIDATES = 4
AGREED = 0.82  # of phases; those of chance agree by 0.75 at the best of places
LEAST_SIDE = 100


@dataclass(frozen=True, slots=True)
class Pose:
    """How a picture lies on the grid: grid = matrix @ picture + shift, in pixels (x, y); `score` tells how surely."""

    matrix: Matrix
    shift: tuple[float, float]
    score: float


@functools.cache
def waves() -> tuple[Reals, Reals]:
    """The template: waves (x, y) in a period, spread over all directions, and their phases."""
    chance = np.random.RandomState(20260)
    found: list[tuple[int, int]] = []
    for number in range(WAVES):
        turn = np.pi * (number + 0.2 + 0.6 * chance.random_sample()) / WAVES
        reach = LEAST + (MOST - LEAST) * ((number * 5) % WAVES + chance.random_sample()) / WAVES
        found.append((round(reach * np.cos(turn)), round(reach * np.sin(turn))))
    return np.array(found, float), chance.random_sample(WAVES) * 2 * np.pi


@functools.cache
def template() -> Plane:
    """A period of the template, of waves of amplitude 1."""
    at = np.arange(PERIOD)
    counts, phases = waves()
    plane = np.zeros((PERIOD, PERIOD))
    for (across, down), phase in zip(counts, phases, strict=True):
        plane += np.cos(2 * np.pi * (down * at[:, None] + across * at) / PERIOD + phase)
    return plane.astype(np.float32)


def whitened(plane: Plane) -> Plane:
    """The fine part of a picture, in units of what is usual around, fading out at the borders."""
    fine = plane - cv2.GaussianBlur(plane, (0, 0), 2.5)
    usual = np.sqrt(cv2.blur(fine * fine, (15, 15)) + 1.0)
    flat = np.clip(fine / usual, -3, 3)
    height, width = plane.shape
    return np.asarray(flat * _fade(height)[:, None] * _fade(width), np.float32)


def _fade(length: int) -> Plane:
    side = max(1, length // 16)
    ramp = np.minimum(1, (np.minimum(np.arange(length), np.arange(length)[::-1]) + 0.5) / side)
    return ramp.astype(np.float32)


class Spectrum:
    """The spectrum of a whitened picture, ready to be asked for peaks."""

    def __init__(self, plane: Plane) -> None:
        self.white = white = whitened(plane)
        height, width = white.shape
        self.height, self.width = height, width
        self.rows, self.columns = (fft.next_fast_len(2 * side, True) for side in (height, width))
        # Of a real picture the half with waves to the right tells all.
        self.values = fft.rfft2(white, (self.rows, self.columns))
        size = np.abs(self.values)
        # A peak is what stands above the spectrum around it.
        around = cv2.blur(size, (31, 31), borderType=cv2.BORDER_REFLECT)
        self.heights = np.minimum(cv2.dilate(size, np.ones((3, 3), np.uint8)) / (around + 1e-6), 8.0)

    def at(self, frequencies: Reals) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column of frequencies (..., 2), (x, y) in waves a pixel."""
        facing = np.where(frequencies[..., :1] < 0, -frequencies, frequencies)
        columns = np.rint(facing[..., 0] * self.columns).astype(np.intp)
        rows = np.rint(facing[..., 1] * self.rows).astype(np.intp) % self.rows
        return rows, np.minimum(columns, self.values.shape[1] - 1)


def poses(luma: Plane) -> Iterator[tuple[Plane, Pose]]:
    """Copies of a picture, each with a pose that it may lie in on the grid, the likeliest first."""
    height, width = luma.shape
    across, down = grid_size(width, height)
    if (across, down) != (width, height):
        luma = np.asarray(cv2.resize(luma, (across, down), interpolation=cv2.INTER_AREA), np.float32)
        least = 0.97  # a picture larger than the grid was never smaller
    else:
        least = LEAST_SCALE
    yield luma, Pose(np.eye(2), (0.0, 0.0), 1.0)
    while min(luma.shape) >= LEAST_SIDE:
        spectrum = Spectrum(luma)
        known: list[Matrix] = []
        for candidate in candidates(spectrum, least, OCTAVE):
            matrix = refined(spectrum, candidate)
            if any(np.abs(matrix - other).max() < 1e-3 for other in known):
                continue
            known.append(matrix)
            pose = placed(spectrum, matrix)
            if pose.score > AGREED:
                yield luma, pose
        luma = np.asarray(cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
        least = OCTAVE / 2


def candidates(spectrum: Spectrum, least: float, most: float) -> list[Matrix]:
    """The likeliest matrices of picture to grid, for scales (picture pixels a grid pixel) in a range."""
    counts, _ = waves()
    scales = np.exp(np.arange(np.log(least), np.log(most) + SCALE_STEP, SCALE_STEP))
    turns = np.deg2rad(np.arange(-TURN_MOST, TURN_MOST + TURN_STEP / 2, TURN_STEP))
    found: list[tuple[float, float, float]] = []
    for turn in turns:
        turned = _turning(turn)
        # A wave k of the grid, grid = matrix @ picture, is the wave matrix.T @ k of the picture.
        frequencies = (counts / PERIOD @ turned)[None] / scales[:, None, None]
        rows, columns = spectrum.at(frequencies)
        heights = spectrum.heights[rows, columns]
        heights[np.abs(frequencies).max(2) > 0.5] = 1
        scores = heights.mean(1)
        likely = np.argsort(scores)[-3:]
        found += [(float(scores[one]), float(scales[one]), float(turn)) for one in likely]
    found.sort(reverse=True)
    chosen: list[tuple[float, float, float]] = []
    for score, scale, turn in found:
        if all(abs(np.log(scale / s)) > 0.01 or abs(turn - t) > 0.012 for _, s, t in chosen):
            chosen.append((score, scale, turn))
        if len(chosen) == CANDIDATES:
            break
    return [_turning(turn) / scale for _, scale, turn in chosen]


def _turning(turn: float) -> Matrix:
    return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def refined(spectrum: Spectrum, matrix: Matrix) -> Matrix:
    """`matrix` set so that the waves it foretells lie on the peaks near by."""
    counts, _ = waves()
    known = counts / PERIOD
    for reach in (3, 2, 2):
        foretold = known @ matrix
        seen, weights = np.empty_like(foretold), np.empty(len(known))
        for number, frequency in enumerate(foretold):
            seen[number], weights[number] = _peak(spectrum, frequency, reach)
        root = np.sqrt(weights)[:, None]
        solved, *_ = np.linalg.lstsq(known * root, seen * root, rcond=None)
        matrix = np.asarray(solved, float)
    return matrix


def _peak(spectrum: Spectrum, frequency: Reals, reach: int) -> tuple[Reals, float]:
    """The frequency of the highest peak around, finer than the spectrum's own steps, and its weight."""
    sign = -1.0 if frequency[0] < 0 else 1.0
    row, column = sign * frequency[1] * spectrum.rows, sign * frequency[0] * spectrum.columns
    rows = round(row) + np.arange(-reach, reach + 1)
    columns = round(column) + np.arange(-reach, reach + 1)
    behind = columns < 0
    around = np.abs(
        spectrum.values[
            np.where(behind, -rows[:, None], rows[:, None]) % spectrum.rows,
            np.minimum(np.abs(columns), spectrum.values.shape[1] - 1),
        ]
    )
    down, across = np.unravel_index(int(around.argmax()), around.shape)
    height = float(around[down, across])
    offsets = [0.0, 0.0]
    for axis, (at, line) in enumerate(((down, around[:, across]), (across, around[down]))):
        if 0 < at < len(line) - 1:
            before, here, after = np.log(line[at - 1 : at + 2] + 1e-9)
            bend = before - 2 * here + after
            offsets[axis] = float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0
    found = np.array(
        [(columns[across] + offsets[1]) / spectrum.columns, (rows[down] + offsets[0]) / spectrum.rows]
    )
    usual = float(np.median(around)) + 1e-6
    return sign * found, max(0.0, height / usual - 1.5) ** 2 + 1e-3


def placed(spectrum: Spectrum, matrix: Matrix) -> Pose:
    """Where in a period the picture's corner lies, by the phases of the waves."""
    counts, phases = waves()
    frequencies = counts / PERIOD @ matrix
    values = _sampled(spectrum, frequencies)
    seen = values / (np.abs(values) + 1e-9) * np.minimum(np.abs(values), 3 * np.median(np.abs(values)))
    fine = 4
    grid = np.zeros((PERIOD * fine, PERIOD * fine), complex)
    for (across, down), phase, value in zip(counts.astype(int), phases, seen, strict=True):
        # cos(2 pi k (x + d) / P + phase) has the phase 2 pi k d / P + phase at the corner.
        grid[down % grid.shape[0], across % grid.shape[1]] += np.conj(value * np.exp(-1j * phase))
    # sum over waves of Re(value e^{-i phase} e^{-2 pi i k d / P}), for all d at once
    match = np.fft.ifft2(grid).real * grid.size
    down, across = np.unravel_index(int(match.argmax()), match.shape)
    score = float(match[down, across] / (np.abs(seen).sum() + 1e-9))
    return Pose(matrix, (across / fine, down / fine), score)


def _sampled(spectrum: Spectrum, frequencies: Reals) -> NDArray[np.complex128]:
    """The spectrum at any frequencies (n, 2), between its own steps too."""
    across = np.exp(-2j * np.pi * np.arange(spectrum.width)[:, None] * frequencies[:, 0])
    down = np.exp(-2j * np.pi * np.arange(spectrum.height)[:, None] * frequencies[:, 1])
    rows = spectrum.white @ across.real.astype(np.float32) + 1j * (
        spectrum.white @ across.imag.astype(np.float32)
    )
    return np.asarray((rows * down).sum(0), complex)
