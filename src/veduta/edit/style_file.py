"""Which style is wished for, and a photo file painted in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from veduta.edit.operation import BadEdit
from veduta.edit.picture_file import Written, check_still, save
from veduta.edit.style import paint
from veduta.edit.style_brush import (
    blend_code,
    brush_of,
    check_shares,
    own_brush,
    painting_brush,
    painting_code,
    thin_brush_of,
)
from veduta.edit.style_names import QUICK, STYLES
from veduta.image import rasters
from veduta.image.decode import kind_of, read
from veduta.image.formats import PHOTO_SUFFIXES
from veduta.image.source import read_bytes
from veduta.nets.brush import Brush
from veduta.nets.painter import read_painter
from veduta.nets.store import ModelStore, default_store
from veduta.progress import Progress, Silent

OWN = ".npz"  # the suffix of a painter that was trained here
PAINTING_SIDE = 1024  # at which a painting is decoded: it is read at a quarter of that


def brush_for(
    shares: Mapping[str, float],
    store: ModelStore | None = None,
    painter: Path | None = None,
    quick: bool = False,
) -> Brush:
    """The brush for styles by name, pictures of paintings, or one painter of the user's own, each with its share.

    A painter is a file, or the name under which `veduta models add` keeps it; `painter` is the file of one that paints
    the packaged styles instead of the packaged one, and `quick` takes our thin one for them. Raises BadEdit for names
    that there are not and for blends of different kinds, UnreadableImage, UnreadableWeights, ModelUnavailable.
    """
    store = store or default_store()
    check_shares(shares)
    kinds = {name: _kind(name, store) for name in shares}
    found = set(kinds.values())
    if painter is not None or quick:
        if found != {"style"}:
            raise BadEdit("quick and other painters know packaged styles alone; name one of them")
        return thin_brush_of(shares) if painter is None else _other_brush(painter, shares)
    if found == {"style"}:
        return brush_of(shares, store)
    if found == {"painting"}:
        total = sum(shares.values())
        codes = [
            painting_code(read(name, PAINTING_SIDE), store) * (share / total)
            for name, share in shares.items()
        ]
        return painting_brush(np.sum(codes, axis=0), store)
    if len(shares) == 1:
        (name,) = shares
        own = {pack.name: pack for pack in store.own_packs() if pack.task == "style"}
        return own_brush(read_painter(store.path(own[name]) if name in own else Path(name)))
    told = ", ".join(f"{name} is a {kind}" for name, kind in kinds.items())
    raise BadEdit(f"styles, paintings and painters are blended with their own kind only: {told}")


def film_brush_for(shares: Mapping[str, float], store: ModelStore | None = None) -> Brush:
    """The brush for films: the quick one wherever there is one; raises what `brush_for` raises."""
    return brush_for(shares, store, quick=all(name in QUICK for name in shares))


def _other_brush(path: Path, shares: Mapping[str, float]) -> Brush:
    if not path.is_file():
        raise BadEdit(f"{path}: no such painter")
    painter = read_painter(path)
    if painter.numbers != len(STYLES):
        raise BadEdit(f"{path}: a painter of {painter.numbers} styles; one of {len(STYLES)} is expected")
    return Brush(painter, blend_code(shares))


def _kind(name: str, store: ModelStore) -> str:
    if name in STYLES:
        return "style"
    if any(pack.name == name and pack.task == "style" for pack in store.own_packs()):
        return "painter"
    suffix = Path(name).suffix.lower()
    if suffix == OWN or suffix in PHOTO_SUFFIXES:
        if not Path(name).is_file():
            raise BadEdit(f"{name}: no such {'painter' if suffix == OWN else 'painting'}")
        return "painter" if suffix == OWN else "painting"
    raise BadEdit(
        f"no style is called {name!r:.60}; `veduta style --list` names all, and the picture of a painting is one too"
    )


def parse_blend(text: str) -> dict[str, float]:
    """Shares from text such as ``starlit:0.6,mist:0.4``; a name without a number counts 1. Raises BadEdit."""
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, colon, share = part.strip().rpartition(":")
        # A path may have a colon of its own.
        name, number = (name, share) if colon and _is_number(share) else (part.strip(), "1")
        if not name:
            raise BadEdit(f"a blend is written as NAME:SHARE,NAME:SHARE, not {text!r:.60}")
        shares[name] = shares.get(name, 0.0) + float(number)
    check_shares(shares)
    return shares


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def write_styled(
    source: Path,
    target: Path,
    brush: Brush,
    strength: float = 1.0,
    colors: bool = False,
    side: int = 0,
    location: bool = True,
    progress: Progress | None = None,
) -> Written:
    """Paint a photo file at full size to `target`, atomically, with the facts about itself that it had.

    Raises what reading and writing raise.
    """
    check_still(source)
    painted = paint(read(source), brush, strength, colors, side, progress or Silent())
    # Only what is written into the stored pixels keeps their transparency.
    inside = np.ones(painted.shape[:2], np.bool_) if _is_transparent(source) else None
    return save(source, painted, target, inside, location)


def _is_transparent(source: Path) -> bool:
    """Whether a photo has colors and transparency."""
    kind = kind_of(source)
    if kind not in ("png", "webp", "avif", "tiff", "gif"):
        return False
    with rasters.open_picture(read_bytes(source), kind, source) as picture:
        return picture.mode == "RGBA" or (picture.mode in ("P", "RGB") and "transparency" in picture.info)


def digest(brush: Brush, told: Sequence[object]) -> str:
    """A short name for what a brush paints with some settings."""
    import hashlib
    import json

    found = hashlib.blake2b(digest_size=12)
    found.update(brush.code.tobytes())
    for array in (*brush.painter.gains, *brush.painter.shifts, brush.painter.layers[0].kernel):
        found.update(np.ascontiguousarray(array).tobytes())
    found.update(json.dumps(list(told)).encode())
    return found.hexdigest()
