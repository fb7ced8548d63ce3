"""Why something was found in a photo: how much each spot spoke for it, as a picture over the photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from veduta.errors import NotFound, UnreadableImage, VedutaError
from veduta.image import decode, video
from veduta.image.photo import Photo, Pixels, at_most
from veduta.library.catalog import Catalog
from veduta.library.schema import FileRow, FindingRow, PhotoRow

KINDS = ("landmark", "label")
"""What can be explained: what is seen by the shared network."""
SIDE = 640
_STRONGEST = 0.78  # of 1: the photo stays to be seen under the brightest spot


class Unexplained(VedutaError):
    """A finding of which no map can be made."""


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """A photo and how much its spots spoke for a finding: float32 (h, w) in [0, 1], of any resolution."""

    photo: Pixels
    heat: NDArray[np.float32]

    def overlay(self) -> Pixels:
        """Colors that lie over the photo, RGBA (h, w, 4): the brighter and denser, the more a spot mattered."""
        height, width = at_most(self.photo, SIDE).shape[:2]
        heat: Any = cv2.resize(self.heat, (width, height), interpolation=cv2.INTER_CUBIC)
        level = np.clip(heat, 0, 1)
        colors: Any = cv2.applyColorMap((level * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
        alpha = (np.sqrt(level) * _STRONGEST * 255).astype(np.uint8)
        return np.dstack([colors[:, :, ::-1], alpha]).astype(np.uint8)

    def painted(self) -> Pixels:
        """The photo with the colors on it, RGB."""
        over = self.overlay().astype(np.float32)
        under: Any = cv2.resize(self.photo, over.shape[1::-1], interpolation=cv2.INTER_AREA)
        alpha = over[:, :, 3:] / 255
        mixed = over[:, :, :3] * alpha + under.astype(np.float32) * (1 - alpha)

        return np.asarray(mixed.round(), np.uint8)


def png(pixels: Pixels) -> bytes:
    """A picture, RGB or RGBA, as PNG."""
    order = [2, 1, 0, 3][: pixels.shape[2]]
    done, data = cv2.imencode(".png", np.ascontiguousarray(pixels[:, :, order]))
    if not done:
        raise Unexplained("the map cannot be written as PNG")
    return data.tobytes()


def explain(catalog: Catalog, photo_id: int, finding_id: int) -> Explanation:
    """Look at a photo again, and see what spoke for a landmark or label in it.

    Raises NotFound, Unexplained for what is of another kind, ModelUnavailable and UnreadableImage.
    """
    with catalog.session() as session:
        finding = session.get(FindingRow, finding_id)
        if finding is None or finding.photo_id != photo_id:
            raise NotFound(f"photo {photo_id} has no finding {finding_id}")
        if finding.kind not in KINDS:
            raise Unexplained(
                f"a finding of kind {finding.kind} has no map: only {' and '.join(KINDS)} findings have one"
            )
        row = session.execute(select(PhotoRow.hash, PhotoRow.media).where(PhotoRow.id == photo_id)).one()
        paths = session.scalars(
            select(FileRow.path)
            .where(FileRow.photo_id == photo_id, FileRow.role == "original")
            .order_by(FileRow.missing_since.is_not(None), FileRow.id)
        ).all()
        kind, name, extra = finding.kind, finding.name, dict(finding.extra or {})
    pixels = _pixels(catalog.thumbnail(row.hash, 1440), paths, row.media)
    photo = Photo(pixels, pixels.shape[1], pixels.shape[0])
    return Explanation(pixels, _heat(photo, kind, name, extra))


def _pixels(preview: Path, paths: Any, media: str) -> Pixels:
    """The preview, which has all that the network sees; else the original, as far as it can be read."""
    if preview.is_file():
        return decode.read(preview)
    for path in paths:
        if Path(path).is_file():
            return video.first_frame(Path(path)) if media == "video" else decode.read(Path(path), 1440)
    raise UnreadableImage(
        paths[0] if paths else "photo", "cannot be read at the moment; is its drive plugged in?"
    )


def _heat(photo: Photo, kind: str, name: str, extra: Mapping[str, Any]) -> NDArray[np.float32]:
    from veduta.see.relevance import classifier_weights, of_label, relevance
    from veduta.see.trunk import shared_trunk

    [sight] = shared_trunk().look([photo])
    if kind == "label":
        try:
            return relevance(sight, of_label(name, sight, classifier_weights()))
        except KeyError as error:
            raise Unexplained(f"{name} is no label of the network that comes with Veduta") from error
    from veduta.landmarks.recognizer import score_of

    return relevance(sight, score_of(str(extra.get("atlas", "")), str(extra.get("id", ""))))
