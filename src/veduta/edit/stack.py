"""Many shots of one view, one photo without the people who walked through: align, match, choose, vote, crop, fill."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import align, exposure
from veduta.edit.align import Alignment, View
from veduta.edit.choice import SIDE, Choice, choose
from veduta.edit.composite import compose
from veduta.edit.fill import fill
from veduta.edit.tourists import Tourists
from veduta.errors import BadInput, UnreadableImage
from veduta.image.photo import Pixels, at_most
from veduta.progress import Progress, Silent
from veduta.see.finding import Finding

THREADS = 2
# So many shots are compared on copies of full SIDE; of more, on smaller ones, down to LEAST_SIDE.
SHOTS_AT_SIDE = 60
LEAST_SIDE = 320
# Share of pixels on whose look too few shots agree, from which on people are sought in every shot.
CONTESTED = 0.002
# Score of a person in the result from which on the place is looked at again, and filled if no shot shows it free.
LEAST_STANDING = 0.6
# Shots over which another one is aligned that does not fit the reference itself.
BRIDGES = 3
# A person whose box fills this share of the picture is its subject, and too large to be made up.
PROTAGONIST = 0.15
# Tries to find a shot that shows the place of a person who is still there.
LOOKS = 3

Mask = NDArray[np.uint8]


class CannotStack(BadInput):
    """Shots that make no stack: too few, or of different views."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A shot that took no part, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Stacked:
    """The photo made of a stack, and what was done.

    `pixels` show the view of shot `reference`, cut to `crop` (x, y, width, height in pixels of that shot).
    `alignments` and `used` belong together. `voted` pixels come from other shots than the reference; `filled` ones
    from none, for `standing` people stood there in all shots.
    """

    pixels: Pixels
    reference: int
    used: list[int]
    left_out: list[LeftOut]
    alignments: list[Alignment]
    crop: tuple[int, int, int, int]
    voted: int
    filled: int
    standing: int
    full_size: tuple[int, int]


def stack(
    shots: Sequence[Pixels],
    tourists: Tourists | None = None,
    reference: int | None = None,
    crop: bool = True,
    fill_standing: bool = True,
    progress: Progress | None = None,
) -> Stacked:
    """One photo out of several shots of a view, RGB uint8 (h, w, 3), without what moved; raises CannotStack.

    Each shot is asked for at most twice, so `shots` may decode them when they are asked for. Shots that cannot be
    read, of another size or of another view are left out. Without `tourists`, people are not recognized: what most
    shots agree on stays, and nothing is filled.
    """
    progress = progress or Silent()
    with ThreadPoolExecutor(THREADS) as pool:
        small_side = _small_side(len(shots))
        views, smalls, left_out = _look(shots, small_side, pool, progress)
        chosen, found, others = _align(views, reference, pool, progress)
        left_out = sorted(left_out + others, key=lambda one: one.number)
        if len(found) < 2:
            told = getattr(shots, "name", lambda number: f"shot {number + 1}")
            reasons = "; ".join(f"{told(one.number)} {one.reason}" for one in left_out[:5])
            raise CannotStack(f"fewer than two shots of the same view: {reasons}")
        numbers = sorted(found)
        place = numbers.index(chosen)
        alignments = [found[n] for n in numbers]
        size = views[chosen].size
        del views
        progress.begin("comparing", None)
        copies, seen, tones = _small_copies([smalls[n] for n in numbers], alignments, place, size)
        choice, people, standing = _choose(copies, seen, tourists)
        pixels = compose(shots, numbers, place, alignments, tones, choice.allowed, pool, progress)
    x, y, w, h = common(seen, size) if crop else (0, 0, *size)
    own = shots[chosen]
    changed = int((pixels != own).any(2)[y : y + h, x : x + w].sum())
    filled = 0
    if standing and fill_standing:
        hole = _large(people, size) & _inside(size, (x, y, w, h))
        filled = int(hole.sum())
        if filled:
            pixels = fill(pixels, hole, progress=progress)
    cut = np.ascontiguousarray(pixels[y : y + h, x : x + w])
    return Stacked(cut, chosen, numbers, left_out, alignments, (x, y, w, h), changed, filled, standing, size)


def _small_side(count: int) -> int:
    return max(LEAST_SIDE, min(SIDE, round(SIDE * float((SHOTS_AT_SIDE / max(1, count)) ** 0.5))))


def _look(
    shots: Sequence[Pixels], side: int, pool: ThreadPoolExecutor, progress: Progress
) -> tuple[dict[int, View], dict[int, Pixels], list[LeftOut]]:
    """What alignment needs of each shot, and a small copy; shots of unusual size are left out."""

    def one(number: int) -> tuple[View, Pixels] | str:
        try:
            pixels = shots[number]
        except UnreadableImage as error:
            return error.reason
        return align.view(pixels), at_most(pixels, side)

    progress.begin("looking at shots", len(shots))
    views, smalls, left_out = {}, {}, []
    for number, result in enumerate(pool.map(one, range(len(shots)))):
        progress.advance()
        if isinstance(result, str):
            left_out.append(LeftOut(number, result))
        else:
            views[number], smalls[number] = result
    progress.end()
    sizes = [view.size for view in views.values()]
    usual = max(dict.fromkeys(sizes), key=sizes.count) if sizes else (0, 0)
    for number, view in list(views.items()):
        if view.size != usual:
            reason = f"is {view.size[0]} x {view.size[1]} pixels, the others are {usual[0]} x {usual[1]}"
            left_out.append(LeftOut(number, reason))
            del views[number], smalls[number]
    return views, smalls, left_out


def _align(
    views: dict[int, View], reference: int | None, pool: ThreadPoolExecutor, progress: Progress
) -> tuple[int, dict[int, Alignment], list[LeftOut]]:
    """The reference, the alignments of the shots that fit it, and the others."""
    if reference is not None and reference not in views:
        raise CannotStack(f"shot {reference + 1} cannot be the reference: it is left out itself")
    best: tuple[int, dict[int, Alignment], list[LeftOut]] = -1, {}, []
    order = align.order_of_references(views) if reference is None else [reference]
    for chosen in order[:3]:
        others = [n for n in views if n != chosen]
        progress.begin("aligning", len(others))
        refinement = align.Refinement(views[chosen])
        found = {chosen: Alignment(np.eye(3))}
        left_out = []
        results = pool.map(lambda n, r=refinement, c=chosen: align.align(views[n], views[c], r), others)
        for n, result in zip(others, results, strict=True):
            progress.advance()
            if result.trouble:
                left_out.append(LeftOut(n, result.trouble))
            else:
                found[n] = result
        progress.end()
        left_out = _align_over_others(views, chosen, refinement, found, left_out)
        if len(found) > len(best[1]):
            best = chosen, found, left_out
        if 2 * len(found) > len(views):
            break
    return best


def _align_over_others(
    views: dict[int, View],
    chosen: int,
    refinement: align.Refinement,
    found: dict[int, Alignment],
    left_out: Sequence[LeftOut],
) -> list[LeftOut]:
    """Try again, over shots that do fit, those in which someone covers what the reference shows; who stays out."""
    left: list[LeftOut] = []
    for one in left_out:
        between = sorted((n for n in found if n != chosen), key=lambda n: abs(n - one.number))
        for n in between[:BRIDGES]:
            over = views[n], found[n].matrix
            result = align.align(views[one.number], views[chosen], refinement, over)
            if not result.trouble:
                found[one.number] = result
                break
        else:
            left.append(one)
    return left


def _small_copies(
    smalls: Sequence[Pixels], alignments: Sequence[Alignment], place: int, full: tuple[int, int]
) -> tuple[list[Pixels], list[Mask], list[exposure.Curve]]:
    """Small copies laid onto the reference and of its exposure; where each shows anything; the curves."""
    height, width = smalls[place].shape[:2]
    scale = width / full[0]
    copies: list[Pixels] = []
    seen: list[Mask] = []
    tones: list[exposure.Curve] = []
    inside = np.full((height, width), 255, np.uint8)
    for k, (small, alignment) in enumerate(zip(smalls, alignments, strict=True)):
        if k == place:
            copies.append(small)
            seen.append(inside)
            tones.append(exposure.IDENTITY)
            continue
        matrix = align.scaled(alignment.matrix, scale)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        edge = cv2.BORDER_REPLICATE
        shows: Any = cv2.warpPerspective(inside, matrix, (width, height), flags=flags)
        shows = cv2.threshold(shows, 254, 255, cv2.THRESH_BINARY)[1]
        laid: Any = cv2.warpPerspective(small, matrix, (width, height), flags=flags, borderMode=edge)
        tone = exposure.curve(laid, smalls[place], shows > 0)
        copies.append(exposure.apply(laid, tone))
        seen.append(shows)
        tones.append(tone)
    return copies, seen, tones


def _choose(
    copies: Sequence[Pixels], seen: Sequence[Mask], tourists: Tourists | None
) -> tuple[Choice, Mask, int]:
    """Who may speak where; where people stay whom no shot shows away, and how many."""
    choice = choose(copies, seen)
    nobody = np.zeros(copies[0].shape[:2], np.uint8)
    if tourists is None:
        return choice, nobody, 0
    people = [nobody] * len(copies)
    lonely = (choice.backers < max(1.9, 0.3 * len(copies))).astype(np.uint8)
    # Outlines alone are no reason to look at every shot.
    if float(cv2.morphologyEx(lonely, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)).mean()) > CONTESTED:
        found = tourists.boxes(copies)
        people = [tourists.mask(copy, some) for copy, some in zip(copies, found, strict=True)]
        choice = choose(copies, seen, people)
    still, count = nobody, 0
    for _ in range(LOOKS):
        # Whoever is in the result is so in the shots that agree with it: those lose their voice there.
        left = [one for one in tourists.boxes([choice.picture])[0] if _in_the_way(one, choice.picture)]
        if not left:
            return choice, nobody, 0
        still = tourists.mask(choice.picture, left)
        near = [cv2.dilate(one, np.ones((7, 7), np.uint8)) for one in choice.allowed]
        before = choice.picture
        people = [np.maximum(p, cv2.min(still, a)) for p, a in zip(people, near, strict=True)]
        choice = choose(copies, seen, people)
        # Where even the most credible shot shows a person, all do.
        shown = np.take_along_axis(np.stack(people), choice.label[None].astype(np.intp), 0)[0]
        nowhere_else: Any = cv2.threshold(cv2.min(shown, still), 127, 255, cv2.THRESH_BINARY)[1]
        standing = [one for one in left if _stands(one, nowhere_else)]
        count = len(standing)
        reach = cv2.dilate(nowhere_else, np.ones((9, 9), np.uint8))
        still = np.asarray(cv2.min(tourists.mask(before, standing), reach), np.uint8) if standing else nobody
        changed = cv2.absdiff(before, choice.picture).max(2) > 40
        if not changed.any() or float(changed.mean()) < 0.0005:
            break
    return choice, still, count


def _in_the_way(person: Finding, picture: Pixels) -> bool:
    """Whether a person in the result is to go: one who fills much of the picture is what it was taken of."""
    if person.box is None or person.score < LEAST_STANDING:
        return False
    return bool(person.box[2] * person.box[3] <= PROTAGONIST * picture.shape[0] * picture.shape[1])


def _stands(person: Finding, still: Mask) -> bool:
    """Whether the place of a person is shown by no shot: its middle is marked."""
    if person.box is None:
        return False
    x, y, w, h = person.box
    middle = still[int(y + 0.2 * h) : int(y + 0.8 * h) + 1, int(x + 0.25 * w) : int(x + 0.75 * w) + 1]
    return middle.size > 0 and float((middle > 0).mean()) > 0.4


def _large(mask: Mask, size: tuple[int, int]) -> NDArray[np.bool_]:
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) > 127, bool)


def _inside(size: tuple[int, int], crop: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    x, y, w, h = crop
    out = np.zeros(size[::-1], bool)
    out[y : y + h, x : x + w] = True
    return out


def common(seen: Sequence[Mask], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part (x, y, width, height at full size) that all shots show: edges that miss most are taken off in turn."""
    shown = np.minimum.reduce(list(seen)) > 0
    height, width = shown.shape
    left, top, right, bottom = 0, 0, width, height
    while right > left and bottom > top:
        part = shown[top:bottom, left:right]
        missing = [1 - float(edge.mean()) for edge in (part[:, 0], part[0], part[:, -1], part[-1])]
        worst = int(np.argmax(missing))
        if missing[worst] == 0:
            break
        left, top = left + (worst == 0), top + (worst == 1)
        right, bottom = right - (worst == 2), bottom - (worst == 3)
    if right - left < 0.25 * width or bottom - top < 0.25 * height:
        raise CannotStack("the shots have too little of the view in common")
    across, down = size[0] / width, size[1] / height
    x, y = int(np.ceil(left * across)), int(np.ceil(top * down))
    return x, y, int(right * across) - x, int(bottom * down) - y
