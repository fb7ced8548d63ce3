"""The vectors by which a named person is known outside of the library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.library.handmade import Handmade
from tests.library.test_people import add, identities
from veduta.cli.keeping import keeping
from veduta.errors import NotFound
from veduta.library import people
from veduta.library.person_faces import face_vectors


def test_a_name_leads_to_the_vectors_of_its_faces(tmp_path: Path) -> None:
    vectors = identities(2, 4)
    made = Handmade(tmp_path)
    for k in range(2):
        add(made, vectors[k], f"p{k}")
    people.assign_new(made.catalog)
    ann = next(
        p
        for p in people.people(made.catalog)
        if people.photos(made.catalog, [p.id])[p.id][0].startswith("/photos/p0")
    )
    people.name(made.catalog, ann.id, "Ann Lee")
    for name in ("Ann Lee", "ann", "lee ann"):
        found = face_vectors(made.catalog, name)
        assert found.shape == (4, 128)
        nearest = np.linalg.norm(found[:, None] - vectors[0][None], axis=2).min(axis=0)
        assert nearest.max() < 1e-2  # vectors are kept in half precision
        assert np.linalg.norm(found[:, None] - vectors[1][None], axis=2).min() > 0.5
    with pytest.raises(NotFound, match="nobody in the library is called 'Bob'"):
        face_vectors(made.catalog, "Bob")
    made.catalog.close()
    keep = keeping(["Ann Lee", "12.5, 40", "protagonists"], tmp_path)
    assert keep.points == ((12.5, 40.0),) and keep.protagonists
    assert list(keep.faces) == ["Ann Lee"] and keep.faces["Ann Lee"].shape == (4, 128)
