"""Masks for the editor: suggested by recognizers, selected by clicks, combined, kept, loaded and sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

from veduta.edit.edits import Edits
from veduta.edit.mask_fit import fitted, resized
from veduta.image.photo import Photo, Pixels
from veduta.library import closeup, masks
from veduta.library.masks import SavedMask
from veduta.see.mask import decode, encode
from veduta.server.context import Context
from veduta.server.editing import drawn, start_of
from veduta.server.looking import Looking
from veduta.server.models.mask import (
    CombineAsk,
    MaskDetail,
    MaskOut,
    RegionOut,
    Regions,
    Runs,
    SelectAsk,
    Selected,
    SuggestAsk,
)
from veduta.server.problem import Refused
from veduta.server.wire import attachment
from veduta.settings import settings

if TYPE_CHECKING:
    from veduta.edit.regions import Region

Bools = NDArray[np.bool_]

MOST_PIXELS = 120_000_000
_looking = Looking()
_pointing = Looking()  # a click does not wait until cranes are found


def known() -> list[str]:
    """Return what can be looked for."""
    from veduta.edit import regions

    return list(regions.known())


def suggest(here: Context, photo_id: int, asked: SuggestAsk) -> Regions:
    """Return what is found in a photo after some edits; the outlines are those that are to be filled."""
    from veduta.edit.regions import kind_of

    kinds = {kind_of(word): word for word in reversed(asked.what)}
    start, version = start_of(here, photo_id, asked.version)
    edits = Edits.from_json(asked.edits)
    pixels = drawn(here, start, edits, settings().analysis_side)
    height, width = pixels.shape[:2]
    named = [] if edits.geometry or (version and version.base) else _named(here, photo_id)
    found = _looking.find(Photo(pixels, width, height), asked.what)
    across, down = _size(width, height, asked.side)
    told = []
    masks = _masks(pixels, found.regions, asked.shadows)
    for number, (region, (mask, shadow)) in enumerate(zip(found.regions, masks, strict=True)):
        x, y, w, h = region.box
        box = (x / width, y / height, w / width, h / height)
        who = _who(named, box) if region.kind == "people" else None
        told.append(
            RegionOut(
                name=region.name,
                kind=region.kind,
                what=kinds[region.kind],
                score=round(float(region.score), 4),
                box=box,
                mask=runs(resized(mask, across, down)),
                shadow=shadow,
                keep=number in found.protagonists,
                person_id=None if who is None else who[0],
                person=None if who is None else who[1],
            )
        )
    return Regions(width=across, height=down, regions=told)


def _masks(pixels: Pixels, regions: Sequence[Region], shadows: bool) -> list[tuple[Bools, bool]]:
    """The mask of each thing as erasing from files takes it: with the seam around it, people with their shadow."""
    from veduta.edit.seam import seamed
    from veduta.edit.shadow import cast

    patches = [seamed(region.patch) for region in regions]
    taken = np.zeros(pixels.shape[:2], bool)
    for patch in patches:
        patch.add_to(taken)
    made = []
    for region, patch in zip(regions, patches, strict=True):
        mask = patch.full()
        shadow = cast(pixels, patch, taken) if shadows and region.kind == "people" else None
        if shadow is not None:
            shadow.add_to(mask)
        made.append((mask, shadow is not None))
    return made


def select(here: Context, photo_id: int, asked: SelectAsk) -> Selected:
    """Return the outline of what was clicked on."""
    from veduta.edit.seam import seamed
    from veduta.edit.select import Click
    from veduta.edit.select import select as find
    from veduta.see.patch import Patch

    start, _ = start_of(here, photo_id, asked.version)
    pixels = drawn(here, start, Edits.from_json(asked.edits), asked.side)
    height, width = pixels.shape[:2]
    clicks = [
        Click(min(one.x * width, width - 1), min(one.y * height, height - 1), one.include)
        for one in asked.points
    ]
    box = None
    if asked.box is not None:
        x, y, w, h = asked.box
        box = (x * width, y * height, w * width, h * height)
    before = None if asked.mask is None else fitted(asked.mask.plain(), width, height)
    if before is None and asked.things:
        return selected(_pointing.pick(Photo(pixels, width, height), clicks, box, asked.seam))
    found = find(pixels, clicks, box, before)
    return selected(seamed(Patch.of(found)).full() if asked.seam else found)


def combine(asked: CombineAsk) -> Selected:
    """Return one mask made of several."""
    from veduta.edit.mask import combine as combined
    from veduta.edit.mask import grown

    for step in asked.steps:
        check(step.mask)
    first = decode(asked.steps[0].mask.plain())
    height, width = first.shape
    steps = [(step.operation, fitted(step.mask.plain(), width, height)) for step in asked.steps]
    mask = combined(steps)
    if asked.grow:
        mask = grown(mask, asked.grow * max(width, height))
    return selected(~mask if asked.invert else mask)


def load(here: Context, photo_id: int, name: str, content: bytes) -> MaskDetail:
    """Keep a mask that comes as a file."""
    from veduta.edit.mask import load as read

    suffix = ".json" if content.lstrip()[:1] == b"{" else ".png"
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"mask{suffix}"
        path.write_bytes(content)
        mask = read(path)
    return detail(masks.keep(here.catalog, photo_id, name, encode(mask)))


def file(here: Context, photo_id: int, mask_id: int, form: str) -> Response:
    """Answer with a mask as a file."""
    from veduta.edit.mask import to_coco, to_png

    saved = masks.get(here.catalog, mask_id, photo_id)
    full = masks.full_size(here.catalog, saved)
    if form == "png":
        data, kind, suffix = to_png(full), "image/png", "png"
    else:
        data, kind, suffix = json.dumps(to_coco([full], [saved.name])).encode(), "application/json", "json"
    headers = {"Content-Disposition": attachment(f"{saved.name}.{suffix}"), "Cache-Control": "no-store"}
    return Response(data, headers=headers, media_type=kind)


def told(saved: SavedMask) -> MaskOut:
    """Return a mask as a list shows it."""
    return MaskOut.model_validate(saved)


def detail(saved: SavedMask) -> MaskDetail:
    """Return a mask whole."""
    return MaskDetail(**told(saved).model_dump(), mask=Runs.model_validate(saved.runs))


def selected(mask: Bools) -> Selected:
    """Return a mask with what is to be known of it."""
    height, width = mask.shape
    box = None
    if mask.any():
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        box = (
            columns[0] / width,
            rows[0] / height,
            (columns[-1] + 1 - columns[0]) / width,
            (rows[-1] + 1 - rows[0]) / height,
        )
    return Selected(width=width, height=height, mask=runs(mask), box=box, pixels=int(np.count_nonzero(mask)))


def runs(mask: Bools) -> Runs:
    """Return a mask as it goes over the wire."""
    return Runs.model_validate(encode(mask))


def check(mask: Runs) -> None:
    """Raise Refused for a mask that would fill the memory."""
    height, width = mask.size
    if height * width > MOST_PIXELS:
        raise Refused(422, f"mask of {width} x {height} pixels; at most {MOST_PIXELS:,} are possible")


def _size(width: int, height: int, side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


Tag = tuple[int, str | None, tuple[float, float, float, float]]


def _named(here: Context, photo_id: int) -> list[Tag]:
    """The persons that the library knows in a photo, with their faces relative to it."""
    known_ones = closeup.closeup(here.catalog, photo_id)
    width, height = known_ones.photo.width, known_ones.photo.height
    return [
        (tag.person_id, tag.name, (x / width, y / height, w / width, h / height))
        for tag in known_ones.people
        if tag.person_id is not None
        for x, y, w, h in [tag.box]
    ]


def _who(named: Sequence[Tag], box: tuple[float, float, float, float]) -> tuple[int, str | None] | None:
    """Whose face is in the upper half of a person's box; with several, the largest."""
    inside = []
    for person, name, (x, y, w, h) in named:
        across, down = (x + w / 2 - box[0]) / max(box[2], 1e-9), (y + h / 2 - box[1]) / max(box[3], 1e-9)
        if 0 <= across <= 1 and 0 <= down <= 0.5:
            inside.append((w * h, person, name))
    if not inside:
        return None
    _, person, name = max(inside)
    return person, name
