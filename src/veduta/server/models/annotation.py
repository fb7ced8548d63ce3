"""Annotations: pictures labeled for training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from veduta.server.models.base import Answer, Id, Request, Text
from veduta.server.models.edit import Part, PartBox
from veduta.server.models.mask import RegionOut, Runs, What

Name = Annotated[str, Field(min_length=1, max_length=100)]


class AnnotationClass(Answer):
    """What things are called."""

    id: int
    name: Text
    color: str


class AnnotationProject(Answer):
    """A project: pictures, classes, and who labels."""

    name: Text
    classes: list[AnnotationClass]
    images: int
    done: int = Field(description="pictures that somebody is done with")
    annotators: list[Text]


class AnnotationProjects(Answer):
    """All projects of this library."""

    projects: list[AnnotationProject]


class AnnotationProjectNew(Request):
    """A project to make."""

    name: Name
    classes: Annotated[list[Name], Field(max_length=1000)] = Field(default_factory=list)


class AnnotationClassGiven(Request):
    """A class: with `id` an old one, perhaps renamed; without, a new one."""

    id: Id | None = None
    name: Name
    color: Annotated[str, Field(max_length=20)] | None = None


class AnnotationProjectPatch(Request):
    """All classes of a project."""

    classes: Annotated[list[AnnotationClassGiven], Field(max_length=1000)]


class AnnotationImage(Answer):
    """A picture to label."""

    id: int
    photo_id: int | None
    name: Text
    width: int
    height: int
    items: int = Field(description="how many things the annotator labeled")
    done: bool
    thumb: str | None = Field(description="URL of a small picture; null when the photo is gone")
    preview: str | None


class AnnotationImages(Answer):
    """Some pictures out of `total`."""

    images: list[AnnotationImage]
    total: int


class AnnotationPhotos(Request):
    """Photos of the library to label."""

    photos: Annotated[list[Id], Field(min_length=1, max_length=10_000)]


class AnnotationItemIn(Request):
    """A thing that was labeled; `box` is relative to the picture."""

    id: int | None = Field(default=None, description="not looked at")
    class_id: Id
    box: PartBox
    mask: Runs | None = None
    origin: Literal["hand", "suggested"] = "hand"
    score: Part | None = None


class AnnotationItem(Answer):
    """A thing that was labeled; `box` is relative to the picture."""

    id: int
    class_id: int
    box: tuple[float, float, float, float]
    mask: Runs | None
    origin: Literal["hand", "suggested"]
    score: float | None


class AnnotationLabels(Answer):
    """What an annotator labeled in a picture."""

    image: AnnotationImage
    annotator: Text
    done: bool
    items: list[AnnotationItem]


class AnnotationLabelsGiven(Request):
    """What an annotator labeled, in place of what was there."""

    annotator: Name
    done: bool = False
    items: Annotated[list[AnnotationItemIn], Field(max_length=10_000)]


class AnnotationSuggestAsk(Request):
    """What to look for."""

    what: Annotated[list[What], Field(min_length=1, max_length=10)]


class AnnotationSuggestion(RegionOut):
    """Something found, and the class of the same name."""

    class_id: int | None


class AnnotationSuggestions(Answer):
    """What was found; masks are `width` x `height`."""

    width: int
    height: int
    regions: list[AnnotationSuggestion]


class AnnotationDisagreement(Answer):
    """A thing that only one sees, or that both call otherwise."""

    image_id: int
    kind: Literal["only_first", "only_second", "other_class"]
    first: AnnotationItem | None
    second: AnnotationItem | None


class AnnotationClassAgreement(Answer):
    """How far two agree on a class."""

    class_id: int
    name: Text
    f1: float
    matched: int


class AnnotationAgreement(Answer):
    """How far two annotators agree in the pictures that both are done with; null where nothing can be said."""

    images: int
    matched: int
    only_first: int
    only_second: int
    other_class: int
    mean_iou: float | None
    kappa: float | None = Field(description="Cohen's")
    alpha: float | None = Field(description="Krippendorff's")
    classes: list[AnnotationClassAgreement]
    disagreements: list[AnnotationDisagreement]
