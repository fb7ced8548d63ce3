"""Duplicates as the interface shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veduta.server.cards import cards
from veduta.server.context import Context
from veduta.server.models.duplicate import DuplicateGroup, DuplicatePage, DuplicatePhoto
from veduta.server.models.photo import PhotoCard
from veduta.server.wire import readable

if TYPE_CHECKING:
    from veduta.library.duplicates import Group


def page(here: Context, limit: int, offset: int) -> DuplicatePage:
    """Return some groups of photos that show the same."""
    from veduta.library.duplicates import duplicates

    every = here.memory.answer("duplicates", lambda: duplicates(here.catalog))
    chosen = every[offset : offset + limit]
    with here.catalog.session() as session:
        shown = cards(session, [member.photo_id for group in chosen for member in group.members])
    return DuplicatePage(groups=[_group(group, shown) for group in chosen], total=len(every))


def _group(group: Group, shown: dict[int, PhotoCard]) -> DuplicateGroup:
    found: dict[int, DuplicatePhoto] = {}
    for member in group.members:
        known = found.get(member.photo_id)
        if known is not None:  # another file of the same photo
            known.files.append(str(readable(member.path)))
        elif member.photo_id in shown:
            found[member.photo_id] = DuplicatePhoto(
                photo=shown[member.photo_id],
                files=[member.path],
                distance=member.distance,
                why=member.why,
            )
    return DuplicateGroup(kind=group.kind, best=group.best, reason=group.reason, photos=list(found.values()))
