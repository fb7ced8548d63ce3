"""/api/search: by words, with suggestions, and by an example picture."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from veduta.server import asking, upload
from veduta.server.context import Here
from veduta.server.models.base import Limit, Offset
from veduta.server.models.search import SearchPage, SimilarPage, Suggestions

router = APIRouter(prefix="/search", tags=["search"])
Words = Annotated[str, Query(max_length=1000)]


@router.get("")
def search(here: Here, q: Words, limit: Limit = 100, offset: Offset = 0) -> SearchPage:
    """Find photos by free words and filters such as person:Anna place:Paris after:2019."""
    return asking.search(here.catalog, q, limit, offset)


@router.get("/suggest")
def suggest(here: Here, q: Words = "", limit: Annotated[int, Query(ge=1, le=50)] = 10) -> Suggestions:
    """Suggest how a query may go on."""
    return asking.suggest(here.catalog, q, limit)


@router.post(
    "/picture",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "the bytes of a picture in any format that the library reads, at most 64 MB",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def search_picture(here: Here, request: Request, limit: Limit = 48) -> SimilarPage:
    """Find photos that look like the picture sent; it is not kept."""
    async with upload.received(request) as path:
        return await asking.similar_to_file(here.catalog, path, limit)
