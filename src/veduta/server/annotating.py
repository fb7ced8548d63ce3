"""Labeling photos of the library: projects below it, pictures by their photos, boxes relative to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, Literal

from sqlalchemy import select
from starlette.responses import Response

from veduta.errors import NotFound
from veduta.learn import annotation_files
from veduta.learn.agreement import agreement
from veduta.learn.annotation_files import Form
from veduta.learn.annotations import FILE, Image, Item, Project
from veduta.library.schema import PhotoRow
from veduta.server import cards, masking
from veduta.server.context import Context
from veduta.server.models.annotation import (
    AnnotationAgreement,
    AnnotationClass,
    AnnotationClassAgreement,
    AnnotationDisagreement,
    AnnotationImage,
    AnnotationImages,
    AnnotationItem,
    AnnotationItemIn,
    AnnotationLabels,
    AnnotationLabelsGiven,
    AnnotationProject,
    AnnotationSuggestion,
    AnnotationSuggestions,
)
from veduta.server.models.mask import Runs, SuggestAsk
from veduta.server.wire import attachment

PHOTO = "photo:"
# What recognizers call things in the plural.
SINGULAR = {"people": "person", "cranes": "crane", "plates": "plate", "faces": "face"}


def folder(here: Context) -> Path:
    """Where the projects of a library are."""
    return here.directory / "annotations"


def project(here: Context, name: str) -> Project:
    """Return a project; raises NotFound."""
    return Project.open(Project.place(folder(here), name))


def projects(here: Context) -> list[AnnotationProject]:
    """Return all projects, by name."""
    return [told(Project(one.parent)) for one in sorted(folder(here).glob(f"*/{FILE}"))]


def told(one: Project) -> AnnotationProject:
    """Return a project as the interface shows it."""
    return AnnotationProject(
        name=one.name,
        classes=[AnnotationClass.model_validate(kind) for kind in one.classes()],
        images=len(one.images()),
        done=len(one.done()),
        annotators=one.annotators(),
    )


def add(here: Context, name: str, photos: Sequence[int]) -> int:
    """Add photos of the library to a project; raises NotFound."""
    wanted = []
    with here.catalog.session() as session:
        for photo in photos:
            row = session.get(PhotoRow, photo)
            if row is None or row.media != "photo":
                raise NotFound(f"there is no picture {photo}")
            path = session.scalar(select(cards.FILE).where(PhotoRow.id == photo)) or ""
            shown = PurePath(path).name.encode("utf-8", "backslashreplace").decode() or f"{photo}.jpg"
            wanted.append((shown, f"{PHOTO}{photo}", row.width, row.height))
    return project(here, name).add_images(wanted)


def images(
    here: Context,
    name: str,
    annotator: str | None,
    state: Literal["all", "open", "done"],
    limit: int,
    offset: int,
) -> AnnotationImages:
    """Return the pictures of a project, as far as an annotator is with them."""
    one = project(here, name)
    done = one.done(annotator)
    chosen = [image for image in one.images() if state == "all" or (image.id in done) == (state == "done")]
    items = one.items(annotator)
    part = chosen[offset : offset + limit]
    shown = _hashes(here, part)
    return AnnotationImages(
        images=[_image(image, shown, len(items.get(image.id, [])), image.id in done) for image in part],
        total=len(chosen),
    )


def labels(here: Context, name: str, image_id: int, annotator: str) -> AnnotationLabels:
    """Return what an annotator labeled in a picture."""
    one = project(here, name)
    image = one.image(image_id)
    items = one.items(annotator, image_id).get(image_id, [])
    done = image_id in one.done(annotator)
    return AnnotationLabels(
        image=_image(image, _hashes(here, [image]), len(items), done),
        annotator=annotator,
        done=done,
        items=[_item(item, image) for item in items],
    )


def label(here: Context, name: str, image_id: int, given: AnnotationLabelsGiven) -> AnnotationLabels:
    """Put what an annotator labeled in place of what was there."""
    one = project(here, name)
    image = one.image(image_id)
    one.label(image_id, given.annotator, [_given(item, image) for item in given.items], given.done)
    return labels(here, name, image_id, given.annotator.strip())


def suggest(here: Context, name: str, image_id: int, what: Sequence[str]) -> AnnotationSuggestions:
    """Return what recognizers find in a picture, with the class of the same name."""
    one = project(here, name)
    image = one.image(image_id)
    photo = _photo_of(image)
    if photo is None:
        raise NotFound(f"{image.name}: is no photo of this library")
    found = masking.suggest(here, photo, SuggestAsk(what=list(what)))
    classes = {kind.name.casefold(): kind.id for kind in one.classes()}
    return AnnotationSuggestions(
        width=found.width,
        height=found.height,
        regions=[
            AnnotationSuggestion(**region.model_dump(), class_id=_class_of(classes, region.name, region.what))
            for region in found.regions
        ],
    )


def compare(here: Context, name: str, first: str, second: str, iou: float) -> AnnotationAgreement:
    """Return how far two annotators agree in the pictures that both are done with."""
    one = project(here, name)
    known = {image.id: image for image in one.images()}
    both = one.done(first) & one.done(second) & known.keys()
    one_side, other_side = (one.items(who) for who in (first, second))
    found = agreement(
        {image: one_side.get(image, []) for image in both},
        {image: other_side.get(image, []) for image in both},
        iou,
    )
    names = {kind.id: kind.name for kind in one.classes()}

    def item(one_item: Item | None, image: int) -> AnnotationItem | None:
        return None if one_item is None else _item(one_item, known[image])

    return AnnotationAgreement(
        images=found.images,
        matched=found.matched,
        only_first=found.only_first,
        only_second=found.only_second,
        other_class=found.other_class,
        mean_iou=found.mean_iou,
        kappa=found.kappa,
        alpha=found.alpha,
        classes=[
            AnnotationClassAgreement(
                class_id=number, name=names[number], f1=f1, matched=found.matched_by_class[number]
            )
            for number, f1 in found.f1.items()
        ],
        disagreements=[
            AnnotationDisagreement(
                image_id=d.image_id,
                kind=d.kind,
                first=item(d.first, d.image_id),
                second=item(d.second, d.image_id),
            )
            for d in found.disagreements
        ],
    )


def file(here: Context, name: str, form: Form, annotator: str) -> Response:
    """Answer with what an annotator labeled, as a file."""
    data = annotation_files.write(project(here, name), form, annotator)
    suffix, kind = ("json", "application/json") if form == "coco" else ("zip", "application/zip")
    headers = {"Content-Disposition": attachment(f"{name}-{form}.{suffix}"), "Cache-Control": "no-store"}
    return Response(data, headers=headers, media_type=kind)


def _class_of(classes: Mapping[str, int], name: str, what: str) -> int | None:
    for word in (name, what, SINGULAR.get(what, what)):
        if word.casefold() in classes:
            return classes[word.casefold()]
    return None


def _photo_of(image: Image) -> int | None:
    number = image.source.removeprefix(PHOTO)
    return int(number) if image.source.startswith(PHOTO) and number.isdecimal() else None


def _hashes(here: Context, some: Sequence[Image]) -> dict[int, str]:
    numbers = [number for image in some for number in [_photo_of(image)] if number is not None]
    with here.catalog.session() as session:
        query = select(PhotoRow.id, PhotoRow.hash).where(PhotoRow.id.in_(numbers))
        return {row.id: row.hash for row in session.execute(query)}


def _image(image: Image, hashes: Mapping[int, str], items: int, done: bool) -> AnnotationImage:
    photo = _photo_of(image)
    known = None if photo is None else hashes.get(photo)
    thumb = preview = None
    if photo is not None and known is not None:
        thumb, preview = cards.thumbnail_url(photo, known), cards.thumbnail_url(photo, known, 1440)
    return AnnotationImage(
        id=image.id,
        photo_id=photo if known is not None else None,
        name=image.name,
        width=image.width,
        height=image.height,
        items=items,
        done=done,
        thumb=thumb,
        preview=preview,
    )


def _item(item: Item, image: Image) -> AnnotationItem:
    x, y, w, h = item.box
    plain: dict[str, Any] = {"origin": item.origin}
    return AnnotationItem(
        id=item.id,
        class_id=item.class_id,
        box=(x / image.width, y / image.height, w / image.width, h / image.height),
        mask=None if item.mask is None else Runs.model_validate(item.mask),
        score=item.score,
        **plain,
    )


def _given(item: AnnotationItemIn, image: Image) -> Item:
    x, y, w, h = item.box
    return Item(
        class_id=item.class_id,
        box=(x * image.width, y * image.height, w * image.width, h * image.height),
        mask=None if item.mask is None else item.mask.plain(),
        origin=item.origin,
        score=item.score,
    )
