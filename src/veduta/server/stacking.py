"""Stacks: several shots of one view become one photo, kept as a version of the first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from veduta.library import rendering
from veduta.library.catalog import Catalog
from veduta.progress import Progress
from veduta.server.context import Context
from veduta.server.models.edit import JobOut, StackNew
from veduta.server.problem import Refused


def start(here: Context, new: StackNew) -> JobOut:
    """Queue a stack; raises Refused and NotFound."""
    photos = list(dict.fromkeys(new.photos))
    if len(photos) < 2:
        raise Refused(422, "a stack needs two photos at least")
    for photo in photos:
        rendering.ground(here.catalog, photo)
    work = partial(_stack, here.catalog, photos, new.name, new.fill)
    return here.renders.add("stack", photos[0], None, work)


def _stack(catalog: Catalog, photos: Sequence[int], name: str | None, fill: bool, progress: Progress) -> int:
    from veduta.library.stacks import stack

    return stack(catalog, photos, name, fill, progress).id
