"""Masks: what recognizers and clicks find in a picture, combinations, and masks kept for a photo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Body, Query, Response

from veduta.library import masks
from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.base import Done, PathId
from veduta.server.models.mask import (
    CombineAsk,
    MaskDetail,
    MaskNew,
    Masks,
    Regions,
    SelectAsk,
    Selected,
    SuggestAsk,
)

if TYPE_CHECKING:
    from veduta.server import masking
else:
    masking = Later("veduta.server.masking")

router = APIRouter(tags=["masks"])


@router.post("/photos/{photo_id}/masks/suggest")
def suggest_masks(here: Here, photo_id: PathId, asked: SuggestAsk) -> Regions:
    """Find things in a photo after some edits: one mask for each person, crane, plate, face, text or object."""
    return masking.suggest(here, photo_id, asked)


@router.post("/photos/{photo_id}/masks/select")
def select_mask(here: Here, photo_id: PathId, asked: SelectAsk) -> Selected:
    """Find the outline of the thing that was clicked on, or that lies in a box."""
    return masking.select(here, photo_id, asked)


@router.post("/masks/combine")
def combine_masks(asked: CombineAsk) -> Selected:
    """Combine masks: add, subtract, intersect, grow, invert."""
    return masking.combine(asked)


@router.get("/photos/{photo_id}/masks")
def list_masks(here: Here, photo_id: PathId) -> Masks:
    """List the masks kept for a photo, newest first."""
    return Masks(masks=[masking.told(one) for one in masks.of_photo(here.catalog, photo_id)])


@router.post("/photos/{photo_id}/masks", status_code=201)
def keep_mask(here: Here, photo_id: PathId, new: MaskNew) -> MaskDetail:
    """Keep a mask for a photo."""
    return masking.detail(masks.keep(here.catalog, photo_id, new.name, new.mask.plain()))


@router.post("/photos/{photo_id}/masks/file", status_code=201)
def load_mask(
    here: Here,
    photo_id: PathId,
    content: Annotated[bytes, Body(media_type="application/octet-stream", description="PNG or COCO JSON")],
    name: Annotated[str, Query(min_length=1, max_length=200)] = "From a file",
) -> MaskDetail:
    """Keep a mask that comes as a file."""
    return masking.load(here, photo_id, name, content)


@router.get("/photos/{photo_id}/masks/{mask_id}")
def get_mask(here: Here, photo_id: PathId, mask_id: PathId) -> MaskDetail:
    """Tell a mask of a photo, whole."""
    return masking.detail(masks.get(here.catalog, mask_id, photo_id))


@router.delete("/photos/{photo_id}/masks/{mask_id}")
def delete_mask(here: Here, photo_id: PathId, mask_id: PathId) -> Done:
    """Take a mask away."""
    masks.remove(here.catalog, mask_id, photo_id)
    return Done(changed=1)


@router.get(
    "/photos/{photo_id}/masks/{mask_id}/file/{form}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, "application/json": {"schema": {"type": "object"}}}}},
)
def mask_file(here: Here, photo_id: PathId, mask_id: PathId, form: Literal["png", "coco"]) -> Response:
    """Send a mask at the photo's full size, as PNG or COCO JSON."""
    return masking.file(here, photo_id, mask_id, form)
