"""The faces of a named person as vectors, for those who look for that person in photos outside of the library."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from veduta.errors import NotFound
from veduta.library.assignment import read_vectors
from veduta.library.catalog import Catalog
from veduta.library.person_names import person_names
from veduta.library.schema import Face, VectorRow

# Best faces of a person that are enough to know that person by.
MOST = 64


def face_vectors(catalog: Catalog, name: str) -> NDArray[np.float32]:
    """Vectors (n, size) of the best faces of everybody called `name`; raises NotFound where nobody is, or has none."""
    with catalog.session() as session:
        found = person_names(catalog, session).find(name)
        if not found:
            raise NotFound(f"nobody in the library is called {name!r}; see `veduta people`")
        faces = session.scalars(
            select(Face.finding_id)
            .where(Face.person_id.in_([number for number, _ in found]))
            .order_by((func.coalesce(Face.quality, 0.5) * Face.score).desc(), Face.finding_id)
            .limit(MOST)
        ).all()
        space = session.scalar(
            select(VectorRow.space).where(VectorRow.finding_id.in_(faces)).order_by(VectorRow.space.desc())
        )
        vectors = (
            read_vectors(session, faces, space)[1] if space is not None else np.empty((0, 0), np.float32)
        )
    if not len(vectors):
        raise NotFound(f"{name!r} has no face in the library that is clear enough to know anybody by")
    return vectors
