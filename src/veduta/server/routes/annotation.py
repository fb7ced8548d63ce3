"""/api/annotations: pictures labeled for training, by one or several people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Response

from veduta.learn.annotations import Project
from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.annotation import (
    AnnotationAgreement,
    AnnotationImages,
    AnnotationLabels,
    AnnotationLabelsGiven,
    AnnotationPhotos,
    AnnotationProject,
    AnnotationProjectNew,
    AnnotationProjectPatch,
    AnnotationProjects,
    AnnotationSuggestAsk,
    AnnotationSuggestions,
)
from veduta.server.models.base import Done, Limit, Offset, PathId

if TYPE_CHECKING:
    from veduta.server import annotating
else:
    annotating = Later("veduta.server.annotating")

if TYPE_CHECKING:
    from veduta.learn import annotation_files
else:
    annotation_files = Later("veduta.learn.annotation_files")

router = APIRouter(prefix="/annotations", tags=["annotations"])

Called = Annotated[str, Path(min_length=1, max_length=100)]
Who = Annotated[str, Query(min_length=1, max_length=100)]
Form = Literal["coco", "yolo", "voc"]


@router.get("")
def list_annotation_projects(here: Here) -> AnnotationProjects:
    """List the projects of this library."""
    return AnnotationProjects(projects=annotating.projects(here))


@router.post("", status_code=201)
def make_annotation_project(here: Here, new: AnnotationProjectNew) -> AnnotationProject:
    """Make a project."""
    return annotating.told(Project.create(Project.place(annotating.folder(here), new.name), new.classes))


@router.get("/{project}")
def get_annotation_project(here: Here, project: Called) -> AnnotationProject:
    """Tell a project."""
    return annotating.told(annotating.project(here, project))


@router.patch("/{project}")
def change_annotation_project(
    here: Here, project: Called, patch: AnnotationProjectPatch
) -> AnnotationProject:
    """Change the classes of a project."""
    found = annotating.project(here, project)
    found.set_classes([one.model_dump() for one in patch.classes])
    return annotating.told(found)


@router.delete("/{project}")
def delete_annotation_project(here: Here, project: Called) -> Done:
    """Take a project away with all its labels; photos stay."""
    annotating.project(here, project).delete()
    return Done(changed=1)


@router.get("/{project}/images")
def list_annotation_images(
    here: Here,
    project: Called,
    annotator: Annotated[str | None, Query(max_length=100)] = None,
    state: Literal["all", "open", "done"] = "all",
    limit: Limit = 100,
    offset: Offset = 0,
) -> AnnotationImages:
    """List the pictures of a project."""
    return annotating.images(here, project, annotator or None, state, limit, offset)


@router.post("/{project}/images")
def add_annotation_images(here: Here, project: Called, wanted: AnnotationPhotos) -> Done:
    """Add photos of the library to a project."""
    return Done(changed=annotating.add(here, project, wanted.photos))


@router.delete("/{project}/images/{image_id}")
def remove_annotation_image(here: Here, project: Called, image_id: PathId) -> Done:
    """Take a picture out of a project, with its labels."""
    annotating.project(here, project).remove_image(image_id)
    return Done(changed=1)


@router.get("/{project}/images/{image_id}/items")
def get_annotations(here: Here, project: Called, image_id: PathId, annotator: Who) -> AnnotationLabels:
    """Tell what an annotator labeled in a picture."""
    return annotating.labels(here, project, image_id, annotator)


@router.put("/{project}/images/{image_id}/items")
def set_annotations(
    here: Here, project: Called, image_id: PathId, given: AnnotationLabelsGiven
) -> AnnotationLabels:
    """Put what an annotator labeled in a picture in place of what was there."""
    return annotating.label(here, project, image_id, given)


@router.post("/{project}/images/{image_id}/suggest")
def suggest_annotations(
    here: Here, project: Called, image_id: PathId, asked: AnnotationSuggestAsk
) -> AnnotationSuggestions:
    """Find things in a picture that may be worth a label."""
    return annotating.suggest(here, project, image_id, asked.what)


@router.get("/{project}/agreement")
def annotation_agreement(
    here: Here,
    project: Called,
    first: Who,
    second: Who,
    iou: Annotated[
        float, Query(gt=0, le=1, description="boxes that overlap so much are the same thing")
    ] = 0.5,
) -> AnnotationAgreement:
    """Tell how far two annotators agree."""
    return annotating.compare(here, project, first, second, iou)


@router.get(
    "/{project}/file/{form}",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}, "application/zip": {}}}},
)
def annotation_file(here: Here, project: Called, form: Form, annotator: Who) -> Response:
    """Send what an annotator labeled: COCO as JSON, YOLO and VOC as zip."""
    return annotating.file(here, project, form, annotator)


@router.post("/{project}/file/{form}")
def load_annotations(
    here: Here,
    project: Called,
    form: Form,
    annotator: Who,
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
) -> Done:
    """Take what a file tells in place of what an annotator labeled, in the pictures that it names."""
    return Done(changed=annotation_files.read(annotating.project(here, project), form, annotator, content))
