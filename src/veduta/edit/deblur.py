"""Deblur: a known blur is taken back, by Wiener's filter or by Richardson and Lucy's iteration.

Sources: N. Wiener, 1949; W. Richardson, 1972; L. Lucy, 1974; M. Bertero, P. Boccacci, "A simple method for the
reduction of boundary effects in the Richardson-Lucy approach", 2005; D. Biggs, M. Andrews, "Acceleration of
iterative image restoration algorithms", 1997.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from veduta.edit.denoise import as_samples, back, codes, deviations, opponent
from veduta.edit.operation import Operation, choice, integer, number
from veduta.edit.spread import SHAPES, kernel
from veduta.image.samples import Samples
from veduta.progress import Progress, Silent

Floats = NDArray[np.float32]
Filter = Callable[[Floats], Floats]

THREADS = 2
LEAST_NOISE = 0.5  # codes: rounding alone makes about as much
STEPS, COLOR_STEPS = 8, 4  # of conjugate gradients, for brightness and for colors
# Rings of frequencies in which the power of a picture is told, and how far it must stand out of the noise there.
RINGS, OUTSTANDING = 24, 0.5
SHUT, LEAST_SHUT = 1e-3, 64  # of its power: frequencies that a blur takes out; how many of them tell


@dataclass(frozen=True)
class Deblur(Operation):
    """Take back the blur of a lens (gaussian), of a lens out of focus (disk) or of a hand (motion).

    `radius` in pixels of the full-size photo: deviation, radius, or half the way; `angle` of the way in degrees,
    counterclockwise from the right. "wiener" weighs the noise (`noise` times what is found); "lucy" iterates at most
    `rounds` times, until only noise is left.
    """

    name = "deblur"
    deep = True
    tells = True
    # A sharp photo bears this much; more, where it is more blurred, is for the eye to find.
    usual: ClassVar[Mapping[str, Any]] = {"radius": 0.6, "noise": 2.0}

    radius: float = number(0, 0, 40)
    shape: str = choice("gaussian", *SHAPES)
    angle: float = number(0, -180, 180)
    method: str = choice("wiener", "wiener", "lucy")
    noise: float = number(1, 0.1, 10)
    rounds: int = integer(30, 1, 200)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.radius == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The clearer picture."""
        spread = kernel(self.shape, self.radius * scale, self.angle)
        if spread.size == 1:
            return pixels
        progress = progress or Silent()
        planes = opponent(pixels)
        told = [self.noise * max(one, LEAST_NOISE) for one in deviations(planes, pixels)]
        lucky = self.method == "lucy"
        progress.begin("deblurring", 3 * self.rounds if lucky else STEPS + 2 * COLOR_STEPS)

        def done() -> None:
            progress.advance()

        if lucky:
            out = np.empty_like(pixels)
            spoiled = float(np.sqrt(np.mean(np.square(told))))
            for n in range(3):
                made = lucy(codes(pixels[..., n]), spread, self.rounds, spoiled, done)
                out[..., n] = as_samples(made, pixels)
        else:
            for n in range(3):
                steps = COLOR_STEPS if n else STEPS
                planes[..., n] = wiener(planes[..., n], spread, told[n], steps, done)
            out = back(planes, pixels)
        progress.end()
        return out


def _frequencies(size: tuple[int, ...]) -> NDArray[np.float64]:
    """How fast each wave of a real transform is, in periods a pixel."""
    return np.asarray(np.hypot(fft.fftfreq(size[0])[:, None], fft.rfftfreq(size[1])[None]), np.float64)


class Frame:
    """A larger, periodic plane with the picture in its middle, and the blur on it."""

    def __init__(self, shape: tuple[int, int], spread: Floats) -> None:
        reach = max(spread.shape)
        self.size = tuple(fft.next_fast_len(side + 2 * reach, real=True) for side in shape)
        self.inside = tuple(
            slice((whole - side) // 2, (whole - side) // 2 + side)
            for whole, side in zip(self.size, shape, strict=True)
        )
        laid = np.zeros(self.size, np.float32)
        laid[: spread.shape[0], : spread.shape[1]] = spread
        laid = np.roll(laid, (-(spread.shape[0] // 2), -(spread.shape[1] // 2)), (0, 1))
        self.response = fft.rfft2(laid, workers=THREADS)

    def filtered(self, plane: Floats, by: NDArray[Any]) -> Floats:
        """The plane times a filter in frequencies."""
        found = fft.rfft2(plane, workers=THREADS)
        found *= by
        return np.asarray(fft.irfft2(found, self.size, workers=THREADS), np.float32)

    def ratio(self, plane: Floats, spread: Floats, noise: float) -> Floats:
        """Power of the noise over that of the picture before the blur, for each frequency of the frame.

        The latter is a line in logarithms, fitted where the blurred picture stands out of its noise.
        """
        window = np.outer(*(np.hanning(side + 2)[1:-1] for side in plane.shape)).astype(np.float32)
        seen = np.abs(fft.rfft2((plane - plane.mean()) * window, workers=THREADS)) ** 2
        seen /= float((window**2).sum())  # per pixel: white noise has its variance everywhere
        blur = np.zeros(plane.shape, np.float32)
        cut = tuple(slice(0, min(a, b)) for a, b in zip(spread.shape, plane.shape, strict=True))
        blur[cut] = spread[cut]
        gain = np.abs(fft.rfft2(blur, workers=THREADS)) ** 2
        own = _frequencies(plane.shape)
        rings = np.clip((own * 2 * RINGS).astype(np.intp), 0, RINGS - 1)
        open_ = gain > 0.05
        # What the blur lets nothing through of is noise, or the blur is another one: either is not to be sharpened.
        shut = gain < SHUT
        if shut.sum() >= LEAST_SHUT:
            noise = max(noise, float(np.sqrt(seen[shut].mean())))
        at, power = [], []
        for ring in range(1, RINGS):
            some = (rings == ring) & open_
            if some.sum() < 8:
                continue
            told = float(((seen[some] - noise**2) / gain[some]).mean())
            if told > OUTSTANDING * noise**2:
                at.append(np.log((ring + 0.5) / (2 * RINGS)))
                power.append(np.log(told))
        slope, level = -2.5, float(np.log(max(float(plane.var()), 1e-3))) - 6.0
        if len(at) >= 3:
            slope, level = (float(v) for v in np.polyfit(at, power, 1))
            middle = float(np.mean(at))
            level += (slope - min(max(slope, -4.0), -1.5)) * middle
            slope = min(max(slope, -4.0), -1.5)
        frequency = np.maximum(_frequencies(self.size), 1 / max(self.size))
        return np.asarray(noise**2 / np.exp(level + slope * np.log(frequency)), np.float32)

    def extended(self, plane: Floats) -> Floats:
        """The plane mirrored at its borders, fading into what comes around from the other side."""
        pads = [(part.start, whole - part.stop) for part, whole in zip(self.inside, self.size, strict=True)]
        out = plane
        for axis, (before, after) in enumerate(pads):
            index = np.arange(-before, plane.shape[axis] + after)
            length = plane.shape[axis]
            folded = np.abs((index + 0.5) % (2 * length) - 0) - 0.5
            folded = np.where(folded >= length, 2 * length - 1 - folded, folded).astype(np.intp)
            out = np.take(out, np.clip(folded, 0, length - 1), axis)
            # The two ends meet where the plane repeats: both fade to their common mean there.
            gap = before + after
            ends = np.roll(out, before, axis)
            head = np.take(ends, np.arange(gap), axis)
            way = (np.arange(gap) + 0.5) / gap
            fade = np.where(way < 0.5, way, 1 - way) * 2
            # 0 in the middle of the gap's ends, 1 at the seam.
            near = np.sin(np.pi / 2 * np.clip(fade, 0, 1)) ** 2
            form = (-1, 1) if axis == 0 else (1, -1)
            mirror = np.take(head, np.arange(gap)[::-1], axis)
            mixed = head * (1 - 0.5 * near.reshape(form)) + mirror * (0.5 * near.reshape(form))
            index_list: list[Any] = [slice(None), slice(None)]
            index_list[axis] = slice(0, gap)
            ends[tuple(index_list)] = mixed
            out = np.roll(ends, -before, axis)
        return np.asarray(out, np.float32)


def wiener(
    plane: Floats, spread: Floats, noise: float, steps: int = STEPS, done: Callable[[], None] = lambda: None
) -> Floats:
    """The plane before a blur `spread` (its sum is 1) and noise of that deviation, as pictures usually are.

    The power of a picture falls with a power of the frequency, which the plane itself tells. What lies
    beyond the borders is unknown, so that Wiener's filter is where conjugate gradients begin and what conditions them.
    """
    frame = Frame((plane.shape[0], plane.shape[1]), spread)
    prior = frame.ratio(plane, spread, noise)
    gain = np.abs(frame.response) ** 2
    filtering = (1 / (gain + prior)).astype(np.float32)
    forth, back_again = frame.response, np.conj(frame.response)
    middle = np.float32(plane.mean())
    seen = np.zeros(frame.size, np.float32)
    seen[frame.inside] = plane - middle

    def applied(of: Floats) -> Floats:
        found = fft.rfft2(of, workers=THREADS)
        blurred = fft.irfft2(found * forth, frame.size, workers=THREADS)
        kept = np.zeros(frame.size, np.float32)
        kept[frame.inside] = blurred[frame.inside]
        found *= prior
        found += fft.rfft2(kept, workers=THREADS) * back_again
        return np.asarray(fft.irfft2(found, frame.size, workers=THREADS), np.float32)

    start = frame.extended(np.asarray(plane - middle, np.float32))
    made = frame.filtered(start, back_again * filtering)
    rest = frame.filtered(seen, back_again) - applied(made)
    near = frame.filtered(rest, filtering)
    way, size = near, float(np.vdot(rest, near))
    for _ in range(steps):
        if size <= 1e-9:
            break
        moved = applied(way)
        step = np.float32(size / max(float(np.vdot(way, moved)), 1e-20))
        made = made + step * way
        rest = rest - step * moved
        near = frame.filtered(rest, filtering)
        new = float(np.vdot(rest, near))
        way, size = near + np.float32(new / size) * way, new
        done()
    return np.asarray(made[frame.inside] + middle, np.float32)


def lucy(
    plane: Floats, spread: Floats, rounds: int, noise: float = 0.0, done: Callable[[], None] = lambda: None
) -> Floats:
    """The likeliest plane before a blur where light is counted, after so many rounds of an accelerated iteration.

    It ends before, where what is left unexplained is no more than `noise`: later rounds would explain the noise. What
    lies beyond the borders is looked for, too, and told by no value.
    """
    frame = Frame((plane.shape[0], plane.shape[1]), spread)
    there, back_again = frame.response, np.conj(frame.response)
    seen = np.zeros(frame.size, np.float32)
    seen[frame.inside] = np.maximum(plane, 0) + 1  # a little light everywhere: no division by nothing
    known = np.zeros(frame.size, np.float32)
    known[frame.inside] = 1
    told = frame.filtered(known, back_again)
    share = np.where(told > 0.01, 1 / np.maximum(told, 0.01), 0).astype(np.float32)
    now = np.maximum(frame.extended(seen[frame.inside]), 1)
    before, step_before = now, np.zeros_like(now)
    ahead = now
    pace = 0.0
    for turn in range(rounds):
        if turn > 1:
            ahead = np.asarray(np.maximum(now + np.float32(pace) * (now - before), 0), np.float32)
        blurred = frame.filtered(ahead, there)
        left = blurred[frame.inside] - seen[frame.inside]
        if turn and float(np.vdot(left, left)) <= left.size * noise**2:
            return np.asarray(ahead[frame.inside] - 1, np.float32)
        ratio = np.asarray(seen / np.maximum(blurred, np.float32(0.1)), np.float32)
        factor = frame.filtered(ratio, back_again) * share
        new = np.where(share > 0, ahead * np.maximum(factor, 0), ahead).astype(np.float32)
        step = new - ahead
        power = float(np.vdot(step_before, step_before))
        pace = min(max(float(np.vdot(step, step_before)) / power, 0.0), 0.95) if power > 0 else 0.0
        before, now, step_before = now, new, step
        done()
    return np.asarray(now[frame.inside] - 1, np.float32)
