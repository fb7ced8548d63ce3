"""/api/bank: banks of landmark photos, by folder: their references, what cleaning dropped, and cleaning itself."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from veduta.server import banks
from veduta.server.context import Here
from veduta.server.models.bank import (
    BankChosen,
    BankLandmarkDetail,
    BankLandmarkPage,
    BankOut,
    BankPhotoPage,
    CleaningOut,
    PutBack,
    ReferencesGiven,
)
from veduta.server.models.base import Done, Limit, Offset, PathId

router = APIRouter(prefix="/bank", tags=["banks"])

Folder = Annotated[str, Query(min_length=1, max_length=4096, description="the bank's own folder, whole")]
Label = Annotated[str, Query(min_length=1, max_length=1000)]


@router.get("")
def get_bank(folder: Folder) -> BankOut:
    """Tell what the bank in a folder holds."""
    return banks.overview(folder)


@router.get("/landmarks")
def list_bank_landmarks(
    folder: Folder,
    name: Annotated[str, Query(max_length=200)] = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> BankLandmarkPage:
    """List landmarks with `name` in their name, city or country, first those that need a look."""
    return banks.landmarks(folder, name, limit, offset)


@router.get("/landmark")
def get_bank_landmark(folder: Folder, landmark: Label) -> BankLandmarkDetail:
    """Tell how a landmark stands, and which photos are its references."""
    return banks.landmark(folder, landmark)


@router.get("/photos")
def list_bank_photos(
    folder: Folder,
    landmark: Label,
    side: Literal["kept", "dropped"] = "kept",
    limit: Limit = 100,
    offset: Offset = 0,
) -> BankPhotoPage:
    """List the kept photos of a landmark, or the dropped ones with their reasons."""
    return banks.photos(folder, landmark, side, limit, offset)


@router.get(
    "/photos/{photo_id}/picture/{side}",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, 304: {"description": "unchanged"}},
)
def bank_picture(
    request: Request, photo_id: PathId, side: Literal["320", "1440"], folder: Folder
) -> Response:
    """Send a photo of a bank as WebP with a longer side of at most 320 or 1440 pixels."""
    return banks.picture(request, folder, photo_id, int(side))


@router.post("/references")
def give_references(given: ReferencesGiven) -> BankLandmarkDetail:
    """Give the references of a landmark, three to five, in place of those given before."""
    return banks.give(given)


@router.post("/put-back")
def put_back_photos(wanted: PutBack) -> Done:
    """Put dropped photos back; no later cleaning drops them again."""
    return Done(changed=banks.put_back(wanted))


@router.get("/cleaning")
def get_cleaning(here: Here) -> CleaningOut:
    """Tell how far the cleaning is, or how the last one ended."""
    return here.cleaner.state()


@router.post("/cleaning")
def start_cleaning(here: Here, chosen: BankChosen) -> CleaningOut:
    """Clean a bank in the background; the photos' files stay where and as they are."""
    return banks.clean(here, chosen.folder)


@router.post("/cleaning/stop")
def stop_cleaning(here: Here) -> CleaningOut:
    """Stop the cleaning; what is described is kept, and the next one goes on from there."""
    here.cleaner.stop()
    return here.cleaner.state()
