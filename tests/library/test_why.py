"""What speaks for a label or landmark that somebody names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.library.why import Asked, named, why


def test_labels_and_landmarks_are_found_by_name() -> None:
    assert named("beagle") == Asked("beagle")
    assert named("Dog") == Asked("dog")
    for called in ("tajmahal", "Taj Mahal", "TAJ_MAHAL"):
        found = named(called)
        assert (found.atlas, found.id) == ("default", "tajmahal")
    with pytest.raises(NotFound, match="did you mean"):
        named("taj mahall")
    with pytest.raises(NotFound, match="no label and no landmark"):
        named("qqqqqqqqq")


@pytest.mark.eval
def test_what_speaks_for_each_of_two_landmarks_lies_in_its_half(eval_dir: Path, store: Any) -> None:
    from veduta.image.decode import load

    places = ("the_roman_colosseum", "golden_temple")
    tiles = []
    for place in places:
        pixels = load(eval_dir / "landmarks" / "test" / place / "000.jpg", 640).pixels
        tiles.append(np.asarray(cv2.resize(pixels, (300, 300), interpolation=cv2.INTER_AREA), np.uint8))
    both = np.concatenate(tiles, axis=1)
    photo = Photo(both, 600, 300)
    for number, place in enumerate(places):
        heat = why(photo, named(place)).heat
        half = heat.shape[1] // 2
        sums = heat[:, :half].sum(), heat[:, heat.shape[1] - half :].sum()
        assert sums[number] > 2 * sums[1 - number], (place, sums)
    never = why(photo, named("machu_picchu"))  # not in it: painted all the same
    assert never.heat.min() >= 0 and never.painted().shape[2] == 3
    assert why(photo, named("palace")).heat.max() <= 1
