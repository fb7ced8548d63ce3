"""What there is in a photo to remove: each thing that recognizers see, with its own mask at full size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.fill import BadMask
from veduta.edit.select import select
from veduta.errors import ModelUnavailable, NotFound
from veduta.image.photo import Photo
from veduta.see.finding import Box, Finding
from veduta.see.individuals import Seen, individuals
from veduta.see.mask import decode
from veduta.see.objects_names import NAMES
from veduta.see.patch import Patch
from veduta.see.person_masks import PersonMasks
from veduta.see.recognizer import REGISTRY, Recognizer, open_recognizer

Bool = NDArray[np.bool_]

# What can be asked for beside the names of objects.
KINDS = ("cranes", "people", "plates", "faces", "text")
# Things that people carry: they go with who carries them.
CARRIED = frozenset(
    (
        *("backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "skateboard"),
        *(
            "surfboard",
            "tennis racket",
            "baseball bat",
            "baseball glove",
            "cell phone",
            "book",
            "sports ball",
        ),
        "bottle",
    )
)
LEAST = 0.5
# Things that fill their box: windows, wheels and a roof in other colors are theirs, whatever colors say.
BOXY = frozenset(
    {"car", "bus", "truck", "train", "tv", "laptop", "suitcase", "microwave", "oven", "refrigerator"}
)
# Where colors make less than this share of a box, they have not found the thing.
FILLED = 0.3
# Bays of a thing so wide, against its size, belong to it.
CLOSING = 0.2
# A face without a body is the top of one: so many faces wide and high, and the face so far below the top.
BODY = (2.8, 6.5, 0.25)


class NotThere(ModelUnavailable):
    """A recognizer that this installation does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """One thing: `kind` is what was asked for (people, cranes, car...), `name` what it is, `score` how sure that is.

    `patch` holds its mask; `mask` is the mask of the whole photo.
    """

    name: str
    kind: str
    score: float
    box: Box
    patch: Patch
    finding: Finding | None = None
    vector: NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def mask(self) -> Bool:
        """The mask (height, width) of the whole photo at full size."""
        return self.patch.full()


def known() -> tuple[str, ...]:
    """Everything that can be asked for: kinds, then names of objects."""
    return (*KINDS, *(name for name in NAMES.values() if name != "person"))


def kind_of(asked: str) -> str:
    """What a word asks for, plural or singular; raises NotFound with what is known."""
    word = asked.strip().lower()
    synonyms = {
        "person": "people",
        "persons": "people",
        "tourists": "people",
        "crane": "cranes",
        "plate": "plates",
    }
    synonyms |= {"face": "faces", "texts": "text", "number plates": "plates"}
    word = synonyms.get(word, word)
    if word in KINDS or word in NAMES.values():
        return word
    if word.endswith("s") and word[:-1] in NAMES.values():
        return word[:-1]
    raise NotFound(f"nothing called {asked!r} can be found; known: {', '.join(known())}, or a mask file")


def regions(
    photo: Photo, what: Sequence[str], least: float = LEAST, eyes: Eyes | None = None
) -> list[Region]:
    """Each thing of the kinds `what` that is at least `least` sure, with a mask at full size; best first of each kind.

    Raises NotFound for an unknown kind, NotThere where a recognizer is missing, ModelUnavailable.
    """
    eyes = eyes or Eyes()
    found: list[Region] = []
    for kind in dict.fromkeys(kind_of(word) for word in what):
        made = _MAKERS.get(kind, _objects)(photo, kind, least, eyes)
        found += sorted(made, key=lambda region: -region.score)
    return found


class Eyes:
    """The recognizers, opened when first needed and kept, and what each said of the last photo."""

    def __init__(self, opened: dict[str, Recognizer] | None = None) -> None:
        self._opened = dict(opened or {})
        self._masks: PersonMasks | None = None

    @property
    def person_masks(self) -> PersonMasks:
        """The networks that tell which pixels are a person's."""
        if self._masks is None:
            self._masks = PersonMasks()
        return self._masks

    def see(self, name: str, photo: Photo) -> list[Finding]:
        """What the recognizer `name` sees in a photo, looked at once."""
        key = f"eyes {name}"
        if key not in photo.memo:
            if name not in self._opened:
                self._opened[name] = _open(name)
            photo.memo[key] = self._opened[name].see([photo])[0]
        seen: list[Finding] = photo.memo[key]
        return seen


def _open(name: str) -> Recognizer:
    if name not in REGISTRY:
        raise NotThere(f"this installation has no recognizer of {name}; masks can still be given as files")
    try:
        if name == "cranes":  # who asks for them by name wants the small ones too
            from veduta.see.cranes import CraneRecognizer

            return CraneRecognizer(gate=False)
        return open_recognizer(name)
    except ImportError as error:
        raise NotThere(f"the recognizer of {name} cannot be opened: {error}") from error


@cache
def shared_eyes() -> Eyes:
    """The eyes of this process."""
    return Eyes()


def _people(photo: Photo, kind: str, least: float, eyes: Eyes) -> list[Region]:
    """Everybody, bodies and faces brought together, with what they carry."""
    seen = eyes.see("objects", photo)
    faces = [f for f in eyes.see("faces", photo) if f.box is not None]
    bodies = [Seen(f.box, f.score) for f in seen if f.kind == "person" and f.box is not None]
    everybody = individuals(bodies, [Seen(f.box, f.score) for f in faces if f.box is not None])
    everybody = [one for one in everybody if one.probability >= least]
    boxes = [
        _body(one.box, photo) if one.has_face and _is_face(one.box, faces) else one.box for one in everybody
    ]
    patches = eyes.person_masks.masks(photo, boxes)
    carried = [f for f in seen if f.name in CARRIED and f.score >= least and f.box is not None]
    owners = {index: _owner(f.box, boxes) for index, f in enumerate(carried) if f.box is not None}
    found = []
    for number, (one, box, patch) in enumerate(zip(everybody, boxes, patches, strict=True)):
        for index, finding in enumerate(carried):
            if owners[index] == number and finding.box is not None:
                patch = _joined(patch, of_box(photo, finding.box))
        face = _face_of(one.point, faces)
        if face is not None:  # a head that the networks lost would float
            patch = _joined(patch, _head(face, photo))
        body = _nearest(box, [f for f in seen if f.kind == "person"])
        vector = face.vector if face is not None else None
        found.append(Region("person", kind, one.probability, box, patch, body or face, vector))
    return [region for region in found if region.patch.area]


def _is_face(box: Box, faces: Sequence[Finding]) -> bool:
    return any(face.box == box for face in faces)


def _body(face: Box, photo: Photo) -> Box:
    """The box of the body that a face belongs to, as far as it is in the photo."""
    x, y, width, height = face
    wide, high = BODY[0] * width, BODY[1] * height
    left, top = max(0.0, x + width / 2 - wide / 2), max(0.0, y - BODY[2] * height)
    return (left, top, min(photo.width - left, wide), min(photo.height - top, high))


def _face_of(point: tuple[float, float], faces: Sequence[Finding]) -> Finding | None:
    """The face whose middle is the head of an individual."""
    for face in faces:
        if face.box is not None:
            x, y, width, height = face.box
            if abs(x + width / 2 - point[0]) < 0.5 and abs(y + height / 2 - point[1]) < 0.5:
                return face
    return None


def _head(face: Finding, photo: Photo) -> Patch:
    """The ellipse of a head, hair included, around a face."""
    x, y, width, height = face.box or (0.0, 0.0, 0.0, 0.0)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    points = np.stack([np.cos(angles) * 0.6 * width, np.sin(angles) * 0.65 * height], axis=1)
    return _of_polygon(points + np.array([x + width / 2, y + 0.42 * height]), photo)


def _nearest(box: Box, findings: Sequence[Finding]) -> Finding | None:
    return next((f for f in findings if f.box == box), None)


def _owner(thing: Box, boxes: Sequence[Box]) -> int | None:
    """Who carries a thing: the person whose box, a little widened, holds most of it, and at least a third."""
    shares = []
    for x, y, width, height in boxes:
        room = 0.1 * width
        across = min(thing[0] + thing[2], x + width + room) - max(thing[0], x - room)
        down = min(thing[1] + thing[3], y + height + room) - max(thing[1], y - room)
        shares.append(max(0.0, across) * max(0.0, down) / max(1.0, thing[2] * thing[3]))
    best = int(np.argmax(shares)) if shares else -1
    small = best >= 0 and thing[2] * thing[3] < 1.2 * boxes[best][2] * boxes[best][3]
    return best if small and shares[best] > 0.34 else None


def _objects(photo: Photo, kind: str, least: float, eyes: Eyes) -> list[Region]:
    found = []
    for finding in eyes.see("objects", photo):
        if finding.name == kind and finding.score >= least and finding.box is not None:
            patch = of_box(photo, finding.box, finding.name in BOXY)
            found.append(Region(finding.name, kind, finding.score, finding.box, patch, finding))
    return found


def of_box(photo: Photo, box: Box, boxy: bool = False) -> Patch:
    """What colors and edges make of a box: of `boxy` things, and where they make little of it, its middle as well."""
    pixels = photo.full()
    x, y, width, height = box
    room = 0.3 * max(width, height) + 8
    left, top = max(0, int(x - room)), max(0, int(y - room))
    part = pixels[top : int(y + height + room), left : int(x + width + room)]
    if not part.size:
        return Patch(0, 0, np.zeros((0, 0), bool), photo.height, photo.width)
    inner = (x - left, y - top, width, height)
    try:
        inside = select(part, box=inner)
    except BadMask:
        inside = np.zeros(part.shape[:2], bool)
    if boxy or inside.sum() < FILLED * width * height:
        inside |= _rounded(inner, part.shape[0], part.shape[1])
    return Patch(left, top, _closed(inside), photo.height, photo.width)


def _rounded(box: Box, height: int, width: int) -> Bool:
    """The box with rounded corners."""
    x, y, across, down = box
    aside = np.abs(np.arange(width)[None] + 0.5 - x - across / 2) / max(across / 2, 0.5)
    off = np.abs(np.arange(height)[:, None] + 0.5 - y - down / 2) / max(down / 2, 0.5)
    inside: Bool = aside**4 + off**4 <= 1
    return inside


def _closed(inside: Bool) -> Bool:
    """The mask with its bays and holes closed: what colors missed of a thing (wheels, ears) would hang in the air."""
    height, width = inside.shape
    scale = min(1.0, 320 / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    radius = max(1, round(CLOSING * float(np.count_nonzero(inside)) ** 0.5 * scale))
    small = cv2.resize(inside.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    padded = np.pad(small, radius + 1)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    outside = (cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disk) == 0).astype(np.uint8)
    cv2.floodFill(outside, None, (0, 0), 2)
    closed = (outside != 2).astype(np.uint8)[radius + 1 : -radius - 1, radius + 1 : -radius - 1]
    whole = cv2.resize(np.ascontiguousarray(closed), (width, height), interpolation=cv2.INTER_LINEAR)
    return inside | (whole > 0)


def _joined(a: Patch, b: Patch) -> Patch:
    left, top = min(a.left, b.left), min(a.top, b.top)
    right = max(a.left + a.inside.shape[1], b.left + b.inside.shape[1])
    bottom = max(a.top + a.inside.shape[0], b.top + b.inside.shape[0])
    inside = np.zeros((bottom - top, right - left), bool)
    for one in (a, b):
        height, width = one.inside.shape
        inside[one.top - top : one.top - top + height, one.left - left : one.left - left + width] |= (
            one.inside
        )
    return Patch(left, top, inside, a.height, a.width)


def _masked(name: str) -> Callable[[Photo, str, float, Eyes], list[Region]]:
    """Things whose recognizer gives the mask itself, or a polygon."""

    def make(photo: Photo, kind: str, least: float, eyes: Eyes) -> list[Region]:
        found = []
        for finding in eyes.see(name, photo):
            if finding.score >= least:
                patch = _patch_of(finding, photo)
                if patch is not None and patch.area:
                    box = finding.box or tuple(map(float, patch.box))
                    found.append(Region(finding.name, kind, finding.score, box, patch, finding))  # type: ignore[arg-type]
        return found

    return make


def _patch_of(finding: Finding, photo: Photo) -> Patch | None:
    """The mask, the polygon or the box of a finding, whichever is finest."""
    if finding.mask is not None:
        mask = decode(finding.mask)
        if mask.shape != (photo.height, photo.width):
            size = (photo.width, photo.height)
            mask = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        return Patch.of(mask)
    if finding.polygon is not None:
        points = np.array(finding.polygon, np.float64)
    elif finding.box is not None:
        x, y, width, height = finding.box
        points = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
    else:
        return None
    return _of_polygon(points, photo)


def _of_polygon(points: NDArray[np.float64], photo: Photo) -> Patch:
    from veduta.edit.mask import of_polygons

    left, top = (max(0, int(v)) for v in np.floor(points.min(axis=0)))
    right = min(photo.width, int(np.ceil(points[:, 0].max())) + 1)
    bottom = min(photo.height, int(np.ceil(points[:, 1].max())) + 1)
    inside = of_polygons([list((points - (left, top)).ravel())], max(0, right - left), max(0, bottom - top))
    return Patch(left, top, inside, photo.height, photo.width)


def _faces(photo: Photo, kind: str, least: float, eyes: Eyes) -> list[Region]:
    """Faces as ellipses: the box of a face ends at chin and forehead, so a little more."""
    found = []
    for finding in eyes.see("faces", photo):
        if finding.score < least or finding.box is None:
            continue
        x, y, width, height = finding.box
        angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        points = np.stack([np.cos(angles) * 0.58 * width, np.sin(angles) * 0.6 * height], axis=1)
        patch = _of_polygon(points + np.array([x + width / 2, y + height / 2]), photo)
        found.append(Region("face", kind, finding.score, finding.box, patch, finding, finding.vector))
    return found


_MAKERS: dict[str, Callable[[Photo, str, float, Eyes], Any]] = {
    "people": _people,
    "faces": _faces,
    "cranes": _masked("cranes"),
    "plates": _masked("plates"),
    "text": _masked("text"),
}
