"""What to do with low things on a floor, by their class: a table, and the recognizers that tell the class."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from veduta.errors import BadInput
from veduta.image.photo import Photo, Pixels
from veduta.see.box import overlap
from veduta.see.finding import Finding
from veduta.see.recognizer import Recognizer, open_recognizer
from veduta.space.obstacles import Action, Box, Kind

# Names of the packaged recognizers (ImageNet's groups, COCO's things). Litter and what a brush may cross is cleaned;
# what tangles, spills, breaks, smears or is missed is avoided. Of a thing and its group, the thing itself counts.
CLEAN = frozenset(
    """acorn, bottle cap, confetti, crossword puzzle, envelope, eraser, matchstick, menu, nail, packet, paper towel,
    plastic bag, popcorn, prayer rug, printed matter, screw, toilet paper, handkerchief, bath towel, doormat, rug,
    carpet, paper, crumbs, dust, lint, leaf, sand, rice, coffee grounds""".replace("\n", " ").split(", ")
)
AVOID = frozenset(
    """animal, cat, dog, insect, sock, footwear, sandal, slip-on shoe, clothing, clothing accessory, fabric item, bag,
    chain, necklace, electronics, computer mouse, mouse, remote control, remote, cell phone, keyboard, cable, cord,
    wallet, toy, teddy bear, diaper, safety pin, ballpoint pen, fountain pen, lens cap, tool, scissors, knife, fork,
    spoon, book, tie, backpack, handbag, food, fruit, bottle, plate, pet waste, string, scale, feather boa, mousetrap,
    sunglasses, light switch, hair clip, band aid, person""".replace("\n", " ").split(", ")
)


class BadKinds(BadInput):
    """A table of classes that cannot be read."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which classes are cleaned and which are avoided, by lower-case names."""

    clean: frozenset[str] = frozenset(" ".join(name.split()) for name in CLEAN)
    avoid: frozenset[str] = frozenset(" ".join(name.split()) for name in AVOID)

    @classmethod
    def load(cls, path: Path) -> Kinds:
        """The packaged table changed by a TOML file with lists `clean` and `avoid`; raises BadKinds."""
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadKinds(f"{path}: {error.strerror or error}") from error
        except ValueError as error:
            raise BadKinds(f"{path}: no TOML: {error}") from error
        lists = []
        for key in ("clean", "avoid"):
            names = told.pop(key, [])
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise BadKinds(f'{path}: {key} must be a list of names, such as ["sock", "cable"]')
            lists.append(frozenset(name.lower().strip() for name in names))
        if told:
            raise BadKinds(f"{path}: knows only clean and avoid, not {', '.join(sorted(told))}")
        clean, avoid = lists
        both = clean & avoid
        if both:
            raise BadKinds(f"{path}: {', '.join(sorted(both))}: both cleaned and avoided")
        base = cls()
        return cls((base.clean - avoid) | clean, (base.avoid - clean) | avoid)

    def action(self, names: Sequence[str]) -> Action | None:
        """What to do with a thing of this name, or else of the groups above it, nearest first."""
        for name in names:
            if name.lower() in self.clean:
                return "clean"
            if name.lower() in self.avoid:
                return "avoid"
        return None


class Asker:
    """Tells the class of low things: by boxes of the object recognizer, else by labels of a crop around the thing.

    `also` are names of the user's own recognizers, asked first on the crop. Raises ModelUnavailable or NotFound.
    """

    def __init__(self, kinds: Kinds | None = None, also: Sequence[str] = ()) -> None:
        self.kinds = kinds or Kinds()
        self._objects: Recognizer = open_recognizer("objects")
        self._crops: list[Recognizer] = [open_recognizer(name) for name in (*also, "labels")]

    def __call__(self, pixels: Pixels, boxes: Sequence[Box]) -> list[Kind | None]:
        """What each box of the picture holds."""
        height, width = pixels.shape[:2]
        seen = self._objects.see([Photo(pixels, width, height)])[0]
        return [self._on(seen, box) or self._in(pixels, box) for box in boxes]

    def _on(self, seen: Sequence[Finding], box: Box) -> Kind | None:
        """The object whose box is about this one."""
        placed = [(overlap(one.box, box), one) for one in seen if one.box is not None]
        share, best = max(placed, key=lambda pair: pair[0], default=(0.0, None))
        return None if best is None or share < 0.4 else self._kind(best)

    def _in(self, pixels: Pixels, box: Box) -> Kind | None:
        """The first label of a square around the box that names a kind in the table, else the first label."""
        x, y, wide, high = box
        side = max(wide, high) * 0.65
        top, left = max(0, round(y + high / 2 - side)), max(0, round(x + wide / 2 - side))
        crop = pixels[top : round(y + high / 2 + side), left : round(x + wide / 2 + side)].copy()
        found: list[Kind] = []
        for recognizer in self._crops:
            photo = Photo(crop, crop.shape[1], crop.shape[0])
            found += [self._kind(one) for one in recognizer.see([photo])[0]]
        return next((kind for kind in found if kind.action is not None), found[0] if found else None)

    def _kind(self, finding: Finding) -> Kind:
        parents = finding.extra.get("parents", ())
        return Kind(finding.name, finding.score, self.kinds.action([finding.name, *parents]))
