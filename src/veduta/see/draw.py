"""Paint findings on a photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from veduta.image.photo import Photo, Pixels
from veduta.see.finding import Finding, Kind
from veduta.see.mask import decode

Color = tuple[int, int, int]
Area = tuple[float, float, float, float]

# Apart in hue and in lightness, so that they differ for the color-blind too (after Okabe and Ito).
COLORS: dict[Kind, Color] = {
    "person": (230, 159, 0),
    "object": (86, 180, 233),
    "face": (240, 228, 66),
    "text": (0, 190, 140),
    "plate": (204, 121, 167),
    "landmark": (235, 90, 40),
    "label": (235, 235, 235),
    "scene": (200, 215, 255),
    "quality": (190, 190, 190),
    "likeness": (190, 190, 190),
}
HALO: Color = (16, 16, 20)
# Kinds painted later lie on top.
ORDER: tuple[Kind, ...] = ("landmark", "object", "person", "text", "plate", "face")
MOST_LISTED = 8


def paint(photo: Photo, findings: Sequence[Finding]) -> Pixels:
    """A copy of the photo's pixels with regions outlined, named and scored.

    Findings about the whole photo are listed in a corner. Sizes of lines and letters follow
    the size of the picture.
    """
    return _Canvas(photo).paint(findings)


class _Canvas:
    def __init__(self, photo: Photo) -> None:
        self.picture = Image.fromarray(photo.pixels).convert("RGB")
        self.draw = ImageDraw.Draw(self.picture, "RGBA")
        self.width, self.height = self.picture.size
        self.scale = (self.width / photo.width, self.height / photo.height)
        longer = max(self.width, self.height)
        self.line = max(1, round(longer / 500))
        self.font = ImageFont.load_default(max(10, round(longer / 62)))
        self.small = ImageFont.load_default(max(9, round(longer / 80)))
        self.taken: list[Area] = []

    def paint(self, findings: Sequence[Finding]) -> Pixels:
        regions = [f for f in findings if f.box is not None or f.polygon is not None or f.mask is not None]
        ranks = {kind: rank for rank, kind in enumerate(ORDER)}
        regions.sort(key=lambda f: (ranks.get(f.kind, -1), -(f.box[2] * f.box[3] if f.box else 0)))
        for finding in regions:
            self._fill(finding)
        for finding in regions:
            self._outline(finding)
        self._list([f for f in findings if f not in regions], regions)
        # Names may cover a photo but not its writing; the surest names get the best places.
        self.taken += [self._area(f) for f in regions if f.kind == "text" and self._corners(f)]
        for finding in sorted(regions, key=lambda f: -f.score):
            self._name(finding)
        return np.asarray(self.picture, np.uint8)

    def _fill(self, finding: Finding) -> None:
        if finding.mask is None:
            return
        mask = Image.fromarray(decode(finding.mask).astype(np.uint8) * 90)
        self.picture.paste(
            Image.new("RGB", self.picture.size, COLORS[finding.kind]), None, mask.resize(self.picture.size)
        )

    def _corners(self, finding: Finding) -> list[tuple[float, float]]:
        if finding.polygon is not None:
            return [(x * self.scale[0], y * self.scale[1]) for x, y in finding.polygon]
        if finding.box is None:
            return []
        x, y, width, height = finding.box
        left, top = x * self.scale[0], y * self.scale[1]
        right, bottom = (x + width) * self.scale[0], (y + height) * self.scale[1]
        inset = self.line
        left, right = max(left, inset), min(right, self.width - 1 - inset)
        top, bottom = max(top, inset), min(bottom, self.height - 1 - inset)
        if right <= left or bottom <= top:
            return []
        return [(left, top), (right, top), (right, bottom), (left, bottom)]

    def _area(self, finding: Finding) -> Area:
        corners = self._corners(finding)
        across, down = [x for x, _ in corners], [y for _, y in corners]
        return min(across), min(down), max(across), max(down)

    def _outline(self, finding: Finding) -> None:
        corners = self._corners(finding)
        if len(corners) < 2:
            return
        closed = [*corners, corners[0], corners[1]]
        thin = finding.kind == "text"
        line = max(1, self.line // 2) if thin else self.line
        self.draw.line(closed, fill=(*HALO, 170), width=line + 2 * max(1, line // 2), joint="curve")
        self.draw.line(closed, fill=(*COLORS[finding.kind], 255), width=line, joint="curve")
        for x, y in finding.extra.get("landmarks", ()):
            x, y = x * self.scale[0], y * self.scale[1]
            radius = max(1.0, min(self.line * 1.2, (corners[1][0] - corners[0][0]) / 20))
            self.draw.ellipse(
                (x - radius, y - radius, x + radius, y + radius), fill=(*COLORS[finding.kind], 255)
            )

    def _name(self, finding: Finding) -> None:
        corners = self._corners(finding)
        if not corners:
            return
        font = self.small if finding.kind == "text" else self.font
        words = _shortened(finding.text or finding.name, 32)
        text = words if finding.kind == "text" else f"{words} {finding.score:.2f}"
        left, top, right, bottom = self._area(finding)
        pad = self.line + 1
        box = self.draw.textbbox((0, 0), text, font=font)
        width, height = box[2] + 2 * pad, box[3] + 2 * pad
        # Above, below, then inside; where nothing is free, the name of a less sure finding is left out.
        for x, y in (
            (left, top - height),
            (right - width, top - height),
            (left, bottom),
            (right - width, bottom),
            (left, top),
            (left, bottom - height),
        ):
            x = min(max(x, 0), max(0.0, self.width - width))
            area = (x, y, x + width, y + height)
            if y < 0 or y + height > self.height or any(_touch(area, other) for other in self.taken):
                continue
            self.taken.append(area)
            self.draw.rounded_rectangle(area, pad, fill=(*COLORS[finding.kind], 235))
            self.draw.text((x + pad, y + pad), text, font=font, fill=(*HALO, 255))
            return

    def _list(self, findings: Sequence[Finding], regions: Sequence[Finding]) -> None:
        rows = [f for f in findings if f.kind != "likeness"]
        ranks = {"landmark": 0, "label": 1, "scene": 2}
        rows.sort(key=lambda f: (ranks.get(f.kind, 3), -f.score))
        rows = rows[:MOST_LISTED]
        if not rows:
            return
        pad = 3 * self.line + 2
        lines = [(f"{_shortened(f.name, 28)} {f.score:.2f}", COLORS[f.kind]) for f in rows]
        sizes = [self.draw.textbbox((0, 0), text, font=self.small) for text, _ in lines]
        step = max(size[3] for size in sizes) + self.line
        width, height = 2 * pad + max(size[2] for size in sizes), 2 * pad + step * len(lines) - self.line
        if width + 2 * pad > self.width or height > self.height / 2:
            return  # no room on a small picture
        # The corner in which it hides least.
        corners = [(x, y) for y in (pad, self.height - height - pad) for x in (pad, self.width - width - pad)]
        areas = [(x, y, x + width, y + height) for x, y in corners]
        shown = [self._area(f) for f in regions if self._corners(f)]
        area = min(areas, key=lambda a: sum(_shared(a, other) for other in shown))
        self.draw.rounded_rectangle(area, pad, fill=(*HALO, 185))
        for number, (text, color) in enumerate(lines):
            self.draw.text(
                (area[0] + pad, area[1] + pad + number * step), text, font=self.small, fill=(*color, 255)
            )
        self.taken.append(area)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _shared(a: Area, b: Area) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _touch(a: Area, b: Area) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
