"""Pictures made of photos by long work, each kept as a version of its (first) photo."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from veduta.edit.fuse import part
from veduta.edit.picture_file import check_still
from veduta.edit.style_brush import LEAST_PAINTING
from veduta.edit.upscale import check
from veduta.library import rendering, versions
from veduta.library.catalog import Catalog
from veduta.nets.packs.enlarge import REAL_ESRGAN_X4
from veduta.nets.packs.style import PAINTINGS, READER
from veduta.nets.store import default_store
from veduta.progress import Progress
from veduta.server.context import Context
from veduta.server.models.composition import EnlargementNew, FusionNew, PaintingNew, PanoramaNew
from veduta.server.models.edit import JobOut
from veduta.server.problem import Refused


def enlarge(here: Context, photo_id: int, new: EnlargementNew) -> JobOut:
    """Queue an enlargement; raises NotFound, BadVersion, CannotEnlarge and ModelUnavailable."""
    start = rendering.ground(here.catalog, photo_id)
    width, height = start.width, start.height
    if new.version is not None:
        version = versions.get(here.catalog, new.version, photo_id)
        width, height = version.width, version.height
    check(new.by, new.method, width, height)
    check_still(start.path)
    if new.method == "network":
        default_store().path(REAL_ESRGAN_X4)
    work = partial(_enlarge, here.catalog, photo_id, new)
    return here.renders.add("enlarge", photo_id, None, work)


def fuse(here: Context, new: FusionNew) -> JobOut:
    """Queue a fusion; raises Refused, NotFound, BadVersion and CannotFuse."""
    photos = _distinct(here, new.photos)
    start = rendering.ground(here.catalog, photos[0])
    part((start.height, start.width), new.by, new.region)
    work = partial(_fuse, here.catalog, photos, new)
    return here.renders.add("fuse", photos[0], None, work)


def paint(here: Context, photo_id: int, new: PaintingNew) -> JobOut:
    """Queue a painting; raises Refused, NotFound, BadVersion and ModelUnavailable."""
    photo, painting = (rendering.ground(here.catalog, one) for one in (photo_id, new.painting))
    if photo_id == new.painting:
        raise Refused(422, "a photo is painted like another one, not like itself")
    if min(painting.width, painting.height) < LEAST_PAINTING:
        raise Refused(
            422,
            f"a painting of {painting.width} x {painting.height} pixels is too small to be a style;"
            f" {LEAST_PAINTING} are needed",
        )
    check_still(photo.path)
    for pack in (READER, PAINTINGS):
        default_store().path(pack)
    return here.renders.add("paint", photo_id, None, partial(_paint, here.catalog, photo_id, new))


def panorama(here: Context, new: PanoramaNew) -> JobOut:
    """Queue a panorama; raises Refused, NotFound and BadVersion."""
    photos = _distinct(here, new.photos)
    work = partial(_panorama, here.catalog, photos, new.name)
    return here.renders.add("panorama", photos[0], None, work)


def _distinct(here: Context, photos: Sequence[int]) -> list[int]:
    """The photos, each once; all are there now."""
    found = list(dict.fromkeys(photos))
    if len(found) < 2:
        raise Refused(422, "one picture of several needs two photos at least")
    for photo in found:
        check_still(rendering.ground(here.catalog, photo).path)
    return found


def _fuse(catalog: Catalog, photos: Sequence[int], new: FusionNew, progress: Progress) -> int:
    from veduta.library.fusion import fuse

    return fuse(catalog, photos, new.by, new.region, new.name, progress).id


def _paint(catalog: Catalog, photo_id: int, new: PaintingNew, progress: Progress) -> int:
    from veduta.library.painting import paint

    wish = (new.strength, new.colors, new.side or 0)
    return paint(catalog, photo_id, new.painting, *wish, new.name, progress).id


def _panorama(catalog: Catalog, photos: Sequence[int], name: str | None, progress: Progress) -> int:
    from veduta.library.pairs import panorama

    return panorama(catalog, photos[0], photos[1], name, progress).id


def _enlarge(catalog: Catalog, photo_id: int, new: EnlargementNew, progress: Progress) -> int:
    from veduta.library.enlargement import enlarge

    return enlarge(catalog, photo_id, new.by, new.method, new.version, new.name, progress).id
