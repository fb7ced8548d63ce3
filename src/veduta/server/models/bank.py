"""Banks of landmark photos: what is in one, which photos are references, what cleaning dropped."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from veduta.server.models.base import Answer, Id, Instant, Request, Text

BankFolder = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]
LandmarkId = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Photos = Annotated[list[Id], Field(max_length=1000)]


class BankOut(Answer):
    """A bank: a folder that holds the index of landmark photos."""

    folder: Text
    landmarks: int
    photos: int
    kept: int
    dropped: int
    pending: int = Field(description="photos that were not read yet: cleaning waits for them")
    judged: bool = Field(description="whether it was cleaned before")


class BankLandmark(Answer):
    """A landmark of a bank; it needs a look where it has remarks."""

    id: Text
    name: Text
    city: Text
    country: Text
    photos: int
    pending: int
    kept: int
    dropped: int
    references: int = Field(description="given by a person")
    suggested: int = Field(description="references that are used as long as none are given")
    suspicious: bool = Field(description="lost more than half of its photos")
    remarks: list[Text]


class BankLandmarkPage(Answer):
    """Some landmarks out of `total`, first those that need a look."""

    landmarks: list[BankLandmark]
    total: int
    needing: int = Field(description="how many of all of them need a look")


class BankLandmarkDetail(BankLandmark):
    """A landmark with its references."""

    given: list[int] = Field(description="photos that a person gave as references")
    suggestion: list[int] = Field(description="photos that cleaning took as references")
    advice: str = Field(description="what to tell about the number of references; often empty")


class BankPhotoOut(Answer):
    """A photo of a bank."""

    id: int
    name: Text
    path: Text
    state: Literal["pending", "kept", "dropped"]
    judge: Literal["", "bank", "clean", "person"] = Field(description="who decided on the state")
    why: Text = Field(description="why it was dropped, or kept for good; empty for kept references")
    score: float | None = Field(description="how far inside (+) or outside (-) the threshold it is")
    width: int | None
    height: int | None
    thumb: str | None = Field(description="URL of a small picture; null where the file cannot be read")
    preview: str | None = Field(description="URL of a large picture")


class BankPhotoPage(Answer):
    """Some photos out of `total`."""

    photos: list[BankPhotoOut]
    total: int


class ReferencesGiven(Request):
    """The references of a landmark, in place of those given before; none: cleaning suggests some."""

    folder: BankFolder
    landmark: LandmarkId
    photos: Photos


class PutBack(Request):
    """Dropped photos to keep for good."""

    folder: BankFolder
    photos: Annotated[Photos, Field(min_length=1)]


class BankChosen(Request):
    """Which bank."""

    folder: BankFolder


class CleaningOut(Answer):
    """The cleaning of a bank at this moment, or how the last one ended."""

    state: Literal["idle", "running", "stopping", "stopped", "done", "failed"]
    folder: Text | None
    stage: Text | None = Field(description="such as `describing photos`")
    done: int = Field(description="steps of the stage that are done")
    total: int | None = Field(description="steps of the stage, where known")
    message: Text | None = Field(description="why it failed")
    judged: int = Field(description="photos judged, when done")
    dropped: int = Field(description="photos dropped, when done")
    suspicious: int = Field(description="landmarks that lost more than half of their photos")
    finished: Instant | None
