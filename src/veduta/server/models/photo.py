"""Photos: the card in a grid, the page of cards, everything about one photo, and what can be changed."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from veduta.library.changes import Change
from veduta.server.models.base import LARGEST_ID, Answer, Box, Id, Instant, LocalTime, Request, Text
from veduta.server.models.version import VersionOut

Media = Literal["photo", "video"]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class PhotoCard(Answer):
    """What a grid needs to show a photo."""

    id: int
    path: Text
    name: Text = Field(description="the file's name")
    width: int = Field(description="pixels, upright")
    height: int = Field(description="pixels, upright")
    taken: LocalTime | None = Field(description="local time of the camera, without zone")
    day: datetime.date | None
    media: Media
    favorite: bool
    hidden: bool
    missing: bool = Field(description="no file of this photo can be found at the moment")
    rating: int | None = Field(description="0 to 5 stars")
    thumb: str = Field(description="URL of the picture with a longer side of 320 pixels")
    preview: str = Field(description="URL of the picture with a longer side of 1440 pixels")
    blur: str | None = Field(description="average color, #rrggbb")


class PhotoPage(Answer):
    """Some photos out of `total`, newest first, those of unknown time last."""

    photos: list[PhotoCard]
    total: int


class PhotoFile(Answer):
    """One file of a photo: the original or a companion (the video of a live photo, the RAW of a pair)."""

    id: int
    path: Text
    bytes: int
    role: str
    missing: bool


class FindingSummary(Answer):
    """How often something was seen in a photo, with its best score."""

    kind: str
    name: Text
    score: float
    count: int


class PersonTag(Answer):
    """A face in a photo and whose it is; `box` is (x, y, width, height) in pixels of the upright photo."""

    face_id: int
    person_id: int | None
    name: Text | None
    confirmed: bool
    box: Box
    crop: str = Field(description="URL of the face's picture")


class AlbumTag(Answer):
    """An album that holds a photo."""

    id: str
    kind: str
    name: Text


class PlaceTag(Answer):
    """The place of a photo."""

    id: int
    city: Text | None
    region: Text | None
    country: Text | None
    country_code: str | None


class InferredPlace(Answer):
    """Where a photo must have been taken that does not know it itself: where the landmark in it stands."""

    landmark: Text = Field(description="the landmark that tells")
    score: float
    city: Text | None
    region: Text | None
    country: Text | None
    latitude: float | None
    longitude: float | None


class PhotoDetail(PhotoCard):
    """Everything known about a photo."""

    hash: str = Field(description="BLAKE2b-256 of the file")
    format: str | None
    bytes: int | None
    taken_offset: int | None = Field(description="minutes east of UTC, if the camera told")
    taken_source: str | None
    latitude: float | None
    longitude: float | None
    altitude: float | None = Field(description="meters")
    position_source: str | None
    place: PlaceTag | None
    inferred: InferredPlace | None = Field(
        default=None, description="not told by the photo, but by the landmark in it; never written to a file"
    )
    camera: Text | None
    lens: Text | None
    aperture: float | None = Field(description="f-number")
    exposure: float | None = Field(description="seconds")
    iso: int | None
    focal_length: float | None = Field(description="millimeters")
    title: Text | None
    description: Text | None
    keywords: list[Text]
    people_count: int | None
    added_at: Instant
    original: str = Field(description="URL of the original file")
    displayable: bool = Field(description="browsers can show the original itself")
    files: list[PhotoFile]
    findings: list[FindingSummary]
    people: list[PersonTag]
    albums: list[AlbumTag]
    versions: list[VersionOut] = Field(description="what the user made of it in the editor, newest first")


class PhotoPatch(Request):
    """What a user can change about a photo; fields that are left out stay as they are, null clears."""

    favorite: bool | None = None
    hidden: bool | None = None
    rating: Annotated[int, Field(ge=0, le=5)] | None = None
    title: Annotated[str, Field(max_length=1000)] | None = None
    description: Annotated[str, Field(max_length=10_000)] | None = None
    keywords: Annotated[list[Word], Field(max_length=200)] | None = None

    def given(self) -> Change:
        """Return the fields that the request names."""
        return cast(Change, self.model_dump(exclude_unset=True))


class PhotosPatch(Request):
    """One change to many photos."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=10_000)]
    change: PhotoPatch


class FindingOut(Answer):
    """One thing seen in a photo; `box` and `polygon` are in pixels of the upright photo."""

    id: int
    kind: str
    name: Text
    score: float
    box: Box | None
    polygon: list[tuple[float, float]] | None = None
    mask: dict[str, Any] | None = Field(default=None, description="COCO run-length encoding")
    text: Text | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    recognizer: str
    version: str
    person_id: int | None = None
    person: Text | None = None
    album: str | None = Field(default=None, description="a landmark's album")


class PhotoFindings(Answer):
    """All findings of a photo and the size of the upright photo they are drawn on."""

    width: int
    height: int
    findings: list[FindingOut]


class Neighbors(Answer):
    """The photos before (newer) and after (older) one in the order of the grid."""

    previous: PhotoCard | None
    next: PhotoCard | None


class TimelineDay(Answer):
    """How many photos a day has; `day` is null for photos of unknown time."""

    day: datetime.date | None
    count: int


class Timeline(Answer):
    """All days that have photos, newest first."""

    days: list[TimelineDay]
    total: int


class PhotoFilter(BaseModel):
    """Which photos: all parts must hold; hidden photos are shown only when asked for."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    day: datetime.date | Literal["unknown"] | None = Field(default=None, description="taken on this day")
    since: datetime.date | None = Field(default=None, alias="from", description="taken on this day or later")
    until: datetime.date | None = Field(default=None, alias="to", description="taken on this day or earlier")
    album: str | None = Field(default=None, max_length=500, description="identifier of an album")
    person: Id | None = Field(default=None, description="shows this person")
    place: Id | None = Field(default=None, description="was taken in this place")
    favorite: bool | None = None
    hidden: bool = False
    missing: bool = Field(default=False, description="photos that have lost all their files instead")
    media: Media | None = None
    rating: Annotated[int, Field(ge=0, le=5)] | None = Field(
        default=None, description="at least so many stars"
    )


class PhotoPageFilter(PhotoFilter):
    """Which photos, and which of them."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    offset: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0
