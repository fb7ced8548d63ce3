"""What a photo shows that is nobody's business: number plates, faces, text, people; and who stays all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.regions import Eyes, Region, regions
from veduta.errors import BadInput
from veduta.image.photo import Photo
from veduta.see.face_identity import SAME_PERSON
from veduta.see.finding import Finding

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

WHATS = ("plates", "faces", "text", "people")
# Better one thing hidden too many than one too few: what is this sure counts.
LEAST = 0.4
# A face's box ends at the brow and the cheeks; hair, ears and chin tell who it is as well.
FACE_WIDER, FACE_HIGHER, FACE_UP = 1.45, 1.4, 0.06
# Margin around plates and lines of text, in shares of their height.
EDGE = {"plates": 0.2, "text": 0.12}
# Points of an oval.
POINTS = 48


class UnknownWhat(BadInput):
    """Something that cannot be asked to be hidden."""


@dataclass(frozen=True, eq=False)
class Sensitive:
    """One thing to hide: its outline (n, 2) in pixels of the full photo, or the pixels of its region."""

    what: str
    region: Region
    outline: Floats | None

    def mark(self, whole: Bools) -> None:
        """Mark it in a mask of the full photo."""
        if self.outline is None:
            self.region.patch.add_to(whole)
        else:
            cv2.fillPoly(whole.view(np.uint8), [np.round(self.outline * 16).astype(np.int32)], 1, shift=4)


def check(what: Sequence[str]) -> None:
    """Raise UnknownWhat unless all of `what` can be hidden."""
    wrong = [one for one in what if one not in WHATS]
    if wrong or not what:
        raise UnknownWhat(f"{wrong[0] if wrong else 'nothing'} cannot be hidden; known: {', '.join(WHATS)}")


def sensitive(
    photo: Photo, what: Sequence[str], known: Mapping[str, Floats] | None = None, eyes: Eyes | None = None
) -> tuple[list[Sensitive], list[Region]]:
    """What to hide in a photo, and the faces and people that stay because they are `known`.

    `known` are vectors (n, 128) of faces by name (see `face_identity`). Raises UnknownWhat, ModelUnavailable, NotThere.
    """
    check(what)
    eyes = eyes or Eyes()
    vectors = list((known or {}).values())
    found: list[Sensitive] = []
    stay: list[Region] = []
    for one in dict.fromkeys(what):
        for region in regions(photo, [one], LEAST, eyes):
            if one in ("faces", "people") and _is_known(region, vectors):
                stay.append(region)
            else:
                found.append(Sensitive(one, region, _outline(one, region.finding)))
    return found, stay


def mask_of(found: Sequence[Sensitive], stay: Sequence[Region], width: int, height: int) -> Bools:
    """Everything found, as one mask of a photo; never those who stay."""
    whole = np.zeros((height, width), np.bool_)
    for one in found:
        one.mark(whole)
    if stay:
        kept = np.zeros((height, width), np.bool_)
        for region in stay:
            region.patch.add_to(kept)
        whole &= ~kept
    return whole


def _is_known(region: Region, vectors: Sequence[Floats]) -> bool:
    """Whether a face is surely one of those; in doubt it is not, and is hidden."""
    vector = region.vector
    if vector is None and region.finding is not None:
        vector = region.finding.vector
    if vector is None:
        return False
    return any(
        float(np.linalg.norm(some - vector, axis=1).min()) < SAME_PERSON for some in vectors if len(some)
    )


def _outline(what: str, finding: Finding | None) -> Floats | None:
    """Where a face, a plate or a line of text ends, with a margin; None where its region's own mask tells."""
    if finding is None or what == "people":
        return None
    if what == "faces":
        return _oval(finding)
    if finding.polygon is None or len(finding.polygon) != 4:
        return None
    return _wider(np.array(finding.polygon, np.float32), EDGE[what])


def _oval(face: Finding) -> Floats:
    x, y, width, height = face.box or (0.0, 0.0, 0.0, 0.0)
    angle = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    across = x + width / 2 + FACE_WIDER * width / 2 * np.cos(angle)
    down = y + (0.5 - FACE_UP) * height + FACE_HIGHER * height / 2 * np.sin(angle)
    return np.stack([across, down], axis=1).astype(np.float32)


def _wider(corners: Floats, share: float) -> Floats:
    """Corners moved outward by a share of the shorter side."""
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    wide, high = max(float(np.linalg.norm(across)), 1e-3), max(float(np.linalg.norm(down)), 1e-3)
    step = share * min(wide, high) + 1
    a, d = across / wide * step, down / high * step
    return np.asarray(corners + np.stack([-a - d, a - d, a + d, d - a]), np.float32)
