"""The routes of the API, one noun a module; each checks its input, asks one function, and answers a model."""

from __future__ import annotations

from fastapi import APIRouter

from veduta.server.models.base import Problem
from veduta.server.routes import (
    activity,
    album,
    annotation,
    bank,
    composition,
    duplicate,
    edit,
    export,
    folder,
    mask,
    message,
    pairing,
    parallax,
    person,
    photo,
    place,
    search,
    session,
    setting,
    stack,
    stereo,
    version,
    workshop,
)

REFUSALS = {
    400: "not to be understood",
    401: "log in first",
    403: "refused: this request comes from another site",
    404: "does not exist",
    409: "cannot be done as things are",
    413: "too large",
    422: "wrong input",
    429: "too many attempts: wait",
    503: "not possible at the moment",
}


def api() -> APIRouter:
    """All routes, under /api."""
    router = APIRouter(
        prefix="/api",
        responses={
            status: {"description": text, "content": {"application/problem+json": {"schema": {"$ref": REF}}}}
            for status, text in REFUSALS.items()
        },
    )
    for noun in (
        session,
        activity,
        photo,
        search,
        album,
        person,
        place,
        duplicate,
        folder,
        setting,
        export,
        bank,
        edit,
        mask,
        stack,
        composition,
        version,
        annotation,
        pairing,
        message,
        parallax,
        stereo,
        workshop,
    ):
        router.include_router(noun.router)
    return router


REF = f"#/components/schemas/{Problem.__name__}"
