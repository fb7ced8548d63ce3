"""One photo in full, as the interface shows it."""

from __future__ import annotations

from dataclasses import asdict

from veduta.library import attractions, closeup, versions
from veduta.library.catalog import Catalog
from veduta.library.schema import FindingRow, PhotoRow
from veduta.server.cards import card_fields, cards_of, crop_url
from veduta.server.models.base import Box
from veduta.server.models.photo import (
    AlbumTag,
    FindingOut,
    FindingSummary,
    InferredPlace,
    PersonTag,
    PhotoDetail,
    PhotoFile,
    PhotoFindings,
    PlaceTag,
)
from veduta.server.pictures import displayable

FACTS = (
    "hash", "format", "bytes", "taken_offset", "taken_source", "latitude", "longitude", "altitude",
    "position_source", "camera", "lens", "aperture", "exposure", "iso", "focal_length", "title",
    "description", "people_count", "added_at",
)  # fmt: skip


def detail(catalog: Catalog, photo_id: int) -> PhotoDetail:
    """Return everything known about a photo; raises NotFound."""
    from veduta.server.editing import told

    found = closeup.closeup(catalog, photo_id)
    with catalog.session() as session:
        row = session.execute(cards_of().where(PhotoRow.id == photo_id)).one()
    return PhotoDetail(
        **card_fields(row),
        **{name: getattr(found.photo, name) for name in FACTS},
        original=f"/api/photos/{photo_id}/original",
        displayable=displayable(found.photo.format),
        place=None if found.place is None else PlaceTag.model_validate(found.place),
        inferred=_inferred(found.inferred),
        keywords=list(found.keywords),
        files=[
            PhotoFile(id=f.id, path=f.path, bytes=f.bytes, role=f.role, missing=f.missing_since is not None)
            for f in found.files
        ],
        findings=[FindingSummary.model_validate(one) for one in found.findings],
        people=[PersonTag(**asdict(face), crop=crop_url(face.face_id)) for face in found.people],
        albums=[AlbumTag.model_validate(album) for album in found.albums],
        versions=[told(catalog, one) for one in versions.of_photo(catalog, photo_id)],
    )


def findings(catalog: Catalog, photo_id: int) -> PhotoFindings:
    """Return all findings of a photo that say something to a person (no bare vectors); raises NotFound."""
    photo, found = closeup.findings(catalog, photo_id)
    return PhotoFindings(width=photo.width, height=photo.height, findings=[_finding(*one) for one in found])


def _finding(row: FindingRow, person_id: int | None, person: str | None) -> FindingOut:
    box: Box | None = None
    if row.x is not None and row.y is not None and row.w is not None and row.h is not None:
        box = (row.x, row.y, row.w, row.h)
    return FindingOut(
        id=row.id,
        kind=row.kind,
        name=row.name,
        score=row.score,
        box=box,
        polygon=None if row.polygon is None else [(x, y) for x, y in row.polygon],
        mask=row.mask,
        text=row.text,
        extra=row.extra or {},
        recognizer=row.recognizer,
        version=row.version,
        person_id=person_id,
        person=person,
        album=_album(row),
    )


def _album(row: FindingRow) -> str | None:
    if row.kind != "landmark" or row.score < attractions.SURE:
        return None
    one = attractions.attraction(row.photo_id, row.name, row.score, row.extra)
    return f"attraction:{attractions.key(one.name, one.city)}"


def _inferred(told: attractions.Attraction | None) -> InferredPlace | None:
    if told is None:
        return None
    return InferredPlace(
        landmark=told.name,
        score=told.score,
        city=told.city or None,
        region=told.region or None,
        country=told.country or None,
        latitude=told.latitude,
        longitude=told.longitude,
    )
