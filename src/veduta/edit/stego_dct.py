"""Robust marks: a short message in a photo's brightness that outlives JPEG, resizing and cropping.

Spread spectrum on cosines of 8 x 8 blocks, repeated on tiles, with error correction read by soft decisions; what the
picture itself says in each bit is known when the mark is made, and is made up for. Sources: I. Cox et al., "Secure
spread spectrum watermarking for multimedia", 1997; H. Malvar, D. Florencio, "Improved spread spectrum", 2003.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import stego_code as code
from veduta.edit import stego_grid as grid
from veduta.edit import stego_sync as sync
from veduta.edit.stego_grid import Blocks, Plane
from veduta.edit.stego_message import DamagedMessage, NoMessage, TooMuch
from veduta.edit.stego_spread import Spread, mixed_words
from veduta.errors import BadInput

TILES = (128, 256)
PILOTS = 8  # one cosine in so many tells nothing but that a mark is there
TEMPLATE = 0.15  # of the mark's energy
# How the mark follows what is there: amplitude = (energy around + EVEN) ** (FOLLOWING / 2). Flat parts get less, but
# not nothing: there it is read best.
FOLLOWING, EVEN = 0.5, 48.0
# The amplitude of a cosine in flat parts, at most so much of what an even mark would have: there it is seen first.
FLAT = 1.0
CLIP = 2.0
# Standard deviations of the pilots above which reading is tried, a mark is surely there, and reading is tried at once.
TRIED, SEEN, CLEAR = 4.0, 6.5, 10.0
LIKELIEST = 2
LEAST_GAIN, MOST_GAIN = 0.25, 2.5
PIXELS_PER_BIT = 250  # of the grid: with fewer, not even JPEG of quality 75 is outlived
SIZES = (8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 107, 128, 160, 192, 224)
PSNR = 38.5


class BadFidelity(BadInput):
    """A fidelity that makes no sense."""


class TooSmall(BadInput):
    """A picture that is too small for a robust mark."""


def capacity(width: int, height: int) -> int:
    """Bytes of a packed message that a robust mark in a photo of this size holds, at most 191."""
    across, down = grid.grid_size(width, height)
    if min(across, down) < 64:
        return 0
    room = (across * down // PIXELS_PER_BIT - code.MEMORY) // 8 - code.CHECK
    return max([0, *(size for size in SIZES if size <= room)]) - 1 if room >= SIZES[0] else 0


@dataclass(frozen=True)
class Layout:
    """Which cosine of a tile carries what."""

    tile: int
    pilots: NDArray[np.int64]  # places in a tile, flat
    signs: NDArray[np.float32]  # of every place
    slots: NDArray[np.int64]  # places of coded bits, in the order of the bits

    @property
    def side(self) -> int:
        """Blocks along a tile's side."""
        return self.tile // grid.BLOCK


@functools.cache
def layout(tile: int) -> Layout:
    """The layout of tiles of so many pixels of the grid."""
    total = (tile // grid.BLOCK) ** 2 * len(grid.CARRIERS)
    order = Spread(b"mark %d" % tile, total).places(0, total)
    words = mixed_words(np.arange(total, dtype=np.uint32) + np.uint32(tile * 77_777))
    signs = np.where(words & np.uint32(1), 1, -1).astype(np.float32)
    return Layout(tile, order[: total // PILOTS], signs, order[total // PILOTS :])


def sizes_of(tile: int) -> list[int]:
    """The sizes of blocks that come in tiles of this size: the smallest that hold them."""
    rooms = [0, *(len(layout(one).slots) for one in TILES)]
    least, most = rooms[TILES.index(tile)], rooms[TILES.index(tile) + 1]
    return [size for size in SIZES if least < code.coded_length(size) <= most]


def padded(data: bytes) -> bytes:
    """`data` with an end mark, filled up to one of the sizes of blocks."""
    size = next(one for one in SIZES if one > len(data))
    return data + b"\x80" + b"\0" * (size - len(data) - 1)


def check_fidelity(psnr: float) -> None:
    """Raise BadFidelity for what is out of range."""
    if not 30 <= psnr <= 50:
        raise BadFidelity(f"a fidelity of {psnr:g} dB; 30 (tough) to 50 (faint) are possible")


def mark(luma: Plane, data: bytes, locked: bool = False, psnr: float = PSNR) -> Plane:
    """What to add to each color of a photo so that it carries `data`: a plane like `luma`, its brightness, 0 to 255.

    `psnr` is how faithful the photo stays at least, 30 to 50 dB: the fainter, the less is outlived. Raises TooMuch,
    TooSmall, BadFidelity.
    """
    height, width = luma.shape
    check_fidelity(psnr)
    fits = capacity(width, height)
    if not fits:
        raise TooSmall(
            f"{width} x {height} pixels: too small for a robust mark; 256 x 256 are enough for a few words"
        )
    if len(data) > fits:
        raise TooMuch(len(data), fits, "a robust mark in this picture")
    across, down = grid.grid_size(width, height)
    scaled = (across, down) != (width, height)
    small = (
        np.asarray(cv2.resize(luma, (across, down), interpolation=cv2.INTER_AREA), np.float32)
        if scaled
        else luma
    )
    budget = 255**2 / 10 ** (psnr / 10)
    plane = _cosines(small, padded(data), locked, (1 - TEMPLATE) * budget)
    faint = _template(small)
    share = TEMPLATE / (1 - TEMPLATE) * float(np.mean(plane * plane))
    plane += faint * math.sqrt(share / float(np.mean(faint * faint)))
    energy = float(np.mean(plane * plane))
    if scaled:
        plane = np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    return plane * np.float32(math.sqrt(min(energy, budget) / float(np.mean(plane * plane))))


def _cosines(small: Plane, block: bytes, locked: bool, budget: float) -> Plane:
    """The part of a mark that tells its bits, of a mean square of `budget`, or less where most of a picture is flat."""
    plan = next(one for one in map(layout, TILES) if code.coded_length(len(block)) <= len(one.slots))
    cosines = grid.to_blocks(small)
    host = grid.carried(cosines)
    energy = grid.energy(host)
    usual: Blocks = np.sqrt(energy)
    strength: Blocks = (energy + np.float32(EVEN)) ** np.float32(FOLLOWING / 2)
    level = math.sqrt(budget * small.size / float(np.sum(strength * strength)))
    most = FLAT * math.sqrt(budget) / (grid.FLOOR + EVEN) ** (FOLLOWING / 2)
    strength *= np.float32(min(level, most))
    seen = np.asarray(np.clip(host / usual, -CLIP, CLIP), np.float32)
    values = _gains(seen, strength / usual, code.encode(block, locked), plan)
    changed = np.zeros_like(cosines)
    down, across = np.array(grid.CARRIERS).T
    made = _tiled(values, *host.shape[:2]) * strength
    made *= np.float32(math.sqrt(float(np.sum(strength * strength)) / float(np.sum(made * made))))
    changed[:, :, down, across] = made
    return grid.from_blocks(changed, *small.shape)


def _template(small: Plane) -> Plane:
    fine = small - cv2.GaussianBlur(small, (0, 0), 2.5)
    usual = np.sqrt(cv2.blur(fine * fine, (15, 15)) + 1.0)
    height, width = small.shape
    wave = np.tile(sync.template(), (-(-height // grid.PERIOD), -(-width // grid.PERIOD)))[:height, :width]
    return np.asarray(wave * np.sqrt(usual), np.float32)


def _gains(seen: Blocks, worth: Blocks, bits: code.Bits, plan: Layout) -> Blocks:
    """What each place of a tile is moved by, (side, side, carriers), about 1, so that all bits are read equally well.

    `seen` is what the picture itself says, `worth` how much each place says once it is moved by 1.
    """
    own = _folded(seen, plan.side).reshape(-1) * plan.signs
    gain = _folded(worth, plan.side).reshape(-1)
    wanted = np.ones(len(plan.signs), np.float32)
    group = np.full(
        len(plan.signs), len(bits), np.int64
    )  # pilots are a group of their own, added as they are
    group[plan.slots] = np.arange(len(plan.slots)) % len(bits)
    wanted[plan.slots] = 2.0 * bits[group[plan.slots]] - 1
    against = np.bincount(group, own * wanted, len(bits) + 1)
    give = np.bincount(group, gain, len(bits) + 1) + 1e-6
    factor = np.clip((np.median(give[:-1]) - against) / give, LEAST_GAIN, MOST_GAIN)
    factor[-1] = 1.0
    return np.asarray((factor[group] * wanted * plan.signs).reshape(plan.side, plan.side, -1), np.float32)


def _folded(values: Blocks, side: int) -> Blocks:
    """The sum over all tiles, (side, side, carriers)."""
    rows, columns, carriers = values.shape
    filled = np.zeros((-(-rows // side) * side, -(-columns // side) * side, carriers), np.float32)
    filled[:rows, :columns] = values
    return np.asarray(
        filled.reshape(-1, side, filled.shape[1] // side, side, carriers).sum((0, 2)), np.float32
    )


def _tiled(values: Blocks, rows: int, columns: int) -> Blocks:
    side = values.shape[0]
    return np.tile(values, (-(-rows // side), -(-columns // side), 1))[:rows, :columns]


def aligned(luma: Plane, pose: sync.Pose) -> tuple[Plane, Plane]:
    """The picture on its grid, and how far each pixel is in it."""
    height, width = luma.shape
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], float)
    on_grid = corners @ pose.matrix.T + pose.shift
    first = np.floor(on_grid.min(0) / grid.PERIOD) * grid.PERIOD
    shift = np.array(pose.shift) - first
    size = np.ceil(on_grid.max(0) - first + 1).astype(int)
    matrix = pose.matrix
    scale = math.sqrt(abs(float(np.linalg.det(matrix))))
    if scale < 0.8:
        smaller = (max(1, round(width * scale)), max(1, round(height * scale)))
        ratio = np.array([width / smaller[0], height / smaller[1]])
        luma = np.asarray(cv2.resize(luma, smaller, interpolation=cv2.INTER_AREA), np.float32)
        # pixel centers: old = (new + 1/2) * ratio - 1/2
        shift = shift + matrix @ (0.5 * ratio - 0.5)
        matrix = matrix * ratio
    affine = np.hstack([matrix, shift[:, None]])
    target = (int(size[0]), int(size[1]))
    plane = cv2.warpAffine(luma, affine, target, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.ones_like(luma), affine, target, flags=cv2.INTER_NEAREST, borderValue=0)
    return np.asarray(plane, np.float32), np.asarray(inside, np.float32)


@dataclass(frozen=True)
class Seen:
    """What each carrier of each block says, -2 to 2 (0 outside of the picture), and how lively a block is, 0 to 3."""

    told: Blocks
    lively: NDArray[np.int64]


def statistic(luma: Plane, pose: sync.Pose) -> Seen:
    """What a picture says in a pose."""
    plane, inside = aligned(luma, pose)
    cosines = grid.carried(grid.to_blocks(plane))
    down, across = -inside.shape[0] % grid.BLOCK, -inside.shape[1] % grid.BLOCK
    inside = np.pad(inside, ((0, down), (0, across)))
    rows, columns = cosines.shape[:2]
    whole = inside.reshape(rows, grid.BLOCK, columns, grid.BLOCK).min((1, 3))
    energy = grid.energy(cosines)
    told = np.clip(cosines / np.sqrt(energy), -CLIP, CLIP) * whole[..., None]
    level = energy.mean(2)
    bounds = np.quantile(level[whole > 0], (0.25, 0.5, 0.75)) if whole.any() else (0, 0, 0)
    return Seen(told, np.searchsorted(bounds, level))


@dataclass(frozen=True)
class Reading:
    """The pilots of tiles of one size: how many standard deviations they stand out, and in which place of the tile the
    picture begins.
    """

    score: float
    tile: int
    place: tuple[int, int]


def pilots(seen: Seen, tile: int) -> Reading:
    """The best reading of the pilots of a size of tile."""
    plan = layout(tile)
    folded, spread = _folded(seen.told, plan.side), _folded(seen.told * seen.told, plan.side)
    known = plan.signs[plan.pilots]
    best = Reading(-math.inf, tile, (0, 0))
    step = grid.PERIOD // grid.BLOCK
    for down in range(0, plan.side, step):
        for across in range(0, plan.side, step):
            moved, noise = (np.roll(one, (down, across), (0, 1)).reshape(-1) for one in (folded, spread))
            score = float((moved[plan.pilots] * known).sum() / math.sqrt(noise[plan.pilots].sum() + 1e-6))
            if score > best.score:
                best = Reading(score, tile, (down, across))
    return best


def weighed(seen: Seen, reading: Reading) -> Blocks:
    """The sum over tiles; each ring of carriers and each kind of block counts as much as its pilots are read well.

    Rings, not single carriers: of these there are too few pilots each, and their weights would be chance.
    """
    plan = layout(reading.tile)
    known = np.zeros(len(plan.signs), np.float32)
    known[plan.pilots] = plan.signs[plan.pilots]
    place = known.reshape(plan.side, plan.side, -1)
    place = np.roll(place, (-reading.place[0], -reading.place[1]), (0, 1))
    rows, columns = seen.told.shape[:2]
    agreed = seen.told * _tiled(place, rows, columns)
    noise = agreed * agreed
    ring = np.array(grid.CARRIERS).sum(1)
    by_ring = _trust(
        *(np.bincount(ring, one.sum((0, 1)), ring.max() + 1).astype(np.float32) for one in (agreed, noise))
    )
    lively = [seen.lively == kind for kind in range(4)]
    by_kind = _trust(
        np.array([agreed[one].sum() for one in lively]), np.array([noise[one].sum() for one in lively])
    )
    weight = by_kind[seen.lively][..., None] * by_ring[ring]
    return np.roll(_folded(seen.told * weight, plan.side), reading.place, (0, 1))


def _trust(agreed: NDArray[np.float32], noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights by how well pilots are read: agreement over noise, less what chance alone would give."""
    rate = agreed / (noise + 1e-6)
    sure = agreed * agreed / (noise + 1e-6)  # squared standard deviations
    trust = np.maximum(rate, 0) * np.maximum(0, 1 - 1 / np.maximum(sure, 1e-6))
    return np.asarray(np.maximum(trust, 0.05 * max(float(trust.max()), 1e-6)), np.float32)


def read_block(folded: Blocks, tile: int) -> tuple[bytes, bool] | None:
    """The block in a weighed sum, of whichever size proves whole, and whether it is locked."""
    plan = layout(tile)
    told = (folded.reshape(-1) * plan.signs)[plan.slots]
    for size in sizes_of(tile):
        count = code.coded_length(size)
        soft = np.bincount(np.arange(len(told)) % count, told, count).astype(np.float32)
        found = code.decode(soft)
        if found is not None:
            return found
    return None


def _told(seen: Seen, reading: Reading) -> tuple[bytes, bool] | None:
    """The data that a reading tells, without what fills the block, and whether they are locked."""
    found = read_block(weighed(seen, reading), reading.tile)
    return None if found is None else (found[0].rstrip(b"\0")[:-1], found[1])


def reveal(luma: Plane) -> tuple[bytes, bool]:
    """The data of the mark in a photo of brightness `luma`, and whether they are locked.

    Raises NoMessage, or DamagedMessage where there is a mark too weak to be read.
    """
    readings: list[tuple[float, int, Seen, Reading]] = []
    for number, (part, pose) in enumerate(sync.poses(luma)):
        seen = statistic(part, pose)
        reading = max((pilots(seen, tile) for tile in TILES), key=lambda one: one.score)
        readings.append((reading.score, -number, seen, reading))
        if reading.score > CLEAR and (found := _told(seen, reading)) is not None:
            return found
    # None is clear: the likeliest are tried, which takes longer than finding them.
    readings.sort(key=lambda one: one[:2], reverse=True)
    for score, _, seen, reading in readings[:LIKELIEST]:
        if TRIED < score <= CLEAR and (found := _told(seen, reading)) is not None:
            return found
    best = readings[0][0]
    if best > SEEN:
        raise DamagedMessage("a message is there, but too damaged to be read")
    raise NoMessage("no message")
