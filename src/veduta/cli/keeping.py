"""Who shall stay in a photo, as said on the command line: a name, a picture of a face, a point, the protagonists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from veduta.edit.erase import Keep

PROTAGONISTS = "protagonists"
_POINT = re.compile(r"(\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)")


def keeping(said: Sequence[str], library: Path | None) -> Keep:
    """What `--keep` and its like say; the library is opened only for names. Raises NotFound, UnreadableImage."""
    from veduta.edit.erase import Keep

    points: list[tuple[float, float]] = []
    faces: dict[str, NDArray[np.float32]] = {}
    for one in said:
        point = _POINT.fullmatch(one.strip())
        if point is not None:
            points.append((float(point.group(1)), float(point.group(2))))
        elif one.strip().lower() != PROTAGONISTS:
            faces[one] = face_vectors(one, library)
    return Keep(tuple(points), faces, any(one.strip().lower() == PROTAGONISTS for one in said))


def face_vectors(said: str, library: Path | None) -> NDArray[np.float32]:
    """Vectors (n, 128) of the faces in a picture file, or of the person of that name in the library."""
    from veduta.errors import NotFound

    path = Path(said)
    if path.is_file():
        return _of_file(path)
    if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp", ".heic", ".tif", ".tiff"):
        raise NotFound(f"{said}: no such picture of a face")
    from veduta.library.catalog import Catalog
    from veduta.library.person_faces import face_vectors as named

    with Catalog.open(library, create=False) as catalog:
        return named(catalog, said)


def _of_file(path: Path) -> NDArray[np.float32]:
    """The face of a portrait: of several faces, the largest."""
    from veduta.errors import NotFound
    from veduta.image.decode import load
    from veduta.see.recognizer import open_recognizer
    from veduta.settings import settings

    findings = open_recognizer("faces").see([load(path, settings().analysis_side)])[0]
    clear = [(f.box[2] * f.box[3], f.vector) for f in findings if f.box is not None and f.vector is not None]
    if not clear:
        raise NotFound(
            f"{path.name}: no face in it that is clear enough to know anybody by; give a larger one"
        )
    best = max(clear, key=lambda pair: pair[0])[1]
    return best[None]
