"""/api/people and /api/faces: name, merge, split, correct, hide and forget."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from veduta.server import persons
from veduta.server.context import Here
from veduta.server.models.base import Done, Limit, Offset, PathId
from veduta.server.models.person import (
    FaceAssign,
    FaceIds,
    FaceOut,
    FacePage,
    PeopleMerge,
    PersonCard,
    PersonPatch,
)

router = APIRouter(tags=["people"])


@router.get("/people")
def list_people(
    here: Here,
    hidden: Annotated[bool, Query(description="also the hidden ones")] = False,
    min_faces: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> list[PersonCard]:
    """List people: named ones first, then by number of photos."""
    return persons.listed(here.catalog, hidden, min_faces)


@router.post("/people/merge")
def merge_people(here: Here, merge: PeopleMerge) -> PersonCard:
    """Say that some persons are one."""
    return persons.merge(here.catalog, merge)


@router.get("/people/{person_id}")
def get_person(here: Here, person_id: PathId) -> PersonCard:
    """Give one person."""
    return persons.get(here.catalog, person_id)


@router.patch("/people/{person_id}")
def change_person(here: Here, person_id: PathId, patch: PersonPatch) -> PersonCard:
    """Name, rename, hide or show a person."""
    return persons.change(here.catalog, person_id, patch)


@router.delete("/people/{person_id}")
def forget_person(here: Here, person_id: PathId) -> Done:
    """Forget a person for good: name, faces and their vectors are erased; photos stay."""
    return Done(changed=persons.forget(here.catalog, person_id))


@router.post("/people/{person_id}/split")
def split_person(here: Here, person_id: PathId, faces: FaceIds) -> PersonCard:
    """Say that some faces are another person; gives the new person."""
    return persons.split(here.catalog, person_id, faces.faces)


@router.get("/people/{person_id}/faces")
def person_faces(here: Here, person_id: PathId, limit: Limit = 200, offset: Offset = 0) -> FacePage:
    """List a person's faces, best first."""
    return persons.faces(here.catalog, person_id, limit, offset)


@router.post("/faces/{face_id}/not-this-person")
def not_this_person(here: Here, face_id: PathId) -> FaceOut:
    """Say that a face is not the person it was given to."""
    return persons.reject(here.catalog, face_id)


@router.post("/faces/{face_id}/assign")
def assign_face(here: Here, face_id: PathId, assign: FaceAssign) -> FaceOut:
    """Say whose face it is."""
    return persons.assign(here.catalog, face_id, assign)


@router.get(
    "/faces/{face_id}/crop",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, 304: {"description": "unchanged"}},
)
def face_crop(here: Here, request: Request, face_id: PathId) -> Response:
    """Send a face as a square WebP of at most 256 pixels."""
    from veduta.server import crops

    return crops.face(here.catalog, request, face_id)
