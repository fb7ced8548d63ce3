"""Pairs: what two photos have in common, point by point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Response

from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.base import PathId
from veduta.server.models.pairing import PairingOut

if TYPE_CHECKING:
    from veduta.server import pairing
else:
    pairing = Later("veduta.server.pairing")

router = APIRouter(tags=["pairs"])

Features = Literal["sift", "orb", "xfeat", "deep"]


@router.get("/photos/{photo_id}/match/{other_id}")
def match_photos(here: Here, photo_id: PathId, other_id: PathId, features: Features = "sift") -> PairingOut:
    """Match two photos by local features, verified by one motion of the camera."""
    return pairing.matched(here, photo_id, other_id, features)


@router.get(
    "/photos/{photo_id}/match/{other_id}/picture",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def draw_match(here: Here, photo_id: PathId, other_id: PathId, features: Features = "sift") -> Response:
    """Send two photos side by side, with lines between what matches."""
    return pairing.drawing(here, photo_id, other_id, features)
