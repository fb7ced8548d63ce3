"""What two photos of the library have in common, and a drawing of it."""

from __future__ import annotations

import threading
from typing import Any

import cv2
from starlette.responses import Response

from veduta.library import rendering
from veduta.library.pairs import paired
from veduta.see.pairing import Pairing
from veduta.server.context import Context
from veduta.server.models.pairing import PairingOut

# Features use all cores: one pair at a time.
_looking = threading.Lock()


def matched(here: Context, photo_id: int, other_id: int, features: str) -> PairingOut:
    """Return what two photos have in common."""
    found = _pairing(here, photo_id, other_id, features)
    matrix: Any = None if found.homography.matrix is None else found.homography.matrix.tolist()
    return PairingOut(
        points=(len(found.a), len(found.b)),
        matches=len(found.pairs),
        verified=found.verified,
        same=found.same,
        similarity=round(found.similarity, 4),
        model=found.motion.model,
        homography=matrix if found.same else None,
    )


def drawing(here: Context, photo_id: int, other_id: int, features: str) -> Response:
    """Return both photos side by side with lines between what matches, JPEG."""
    from veduta.see.pairing_draw import side_by_side

    found = _pairing(here, photo_id, other_id, features)
    a, b = (rendering.ground(here.catalog, one).pixels() for one in (photo_id, other_id))
    drawn = cv2.cvtColor(side_by_side(a, b, found), cv2.COLOR_RGB2BGR)
    _, content = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return Response(content.tobytes(), media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _pairing(here: Context, photo_id: int, other_id: int, features: str) -> Pairing:
    with _looking:
        return paired(here.catalog, photo_id, other_id, features)
