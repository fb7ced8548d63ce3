import math

import numpy as np
import pytest

from veduta.landmarks.square import inside, rate_per_candidate, usable


def offset(latitude: float, longitude: float, north: float, east: float) -> tuple[float, float]:
    """A place so many kilometers away, by the sphere of 40,075 km."""
    return (
        latitude + north / 111.32,
        longitude + east / (111.32 * math.cos(math.radians(latitude))),
    )


@pytest.mark.parametrize("latitude", [0.001, 27.17, -33.9, 60.0, 78.2])
@pytest.mark.parametrize("longitude", [0.0, 78.04, 179.9999, -179.9999])
def test_the_square_is_a_kilometer_wide_everywhere(latitude: float, longitude: float) -> None:
    near = [offset(latitude, longitude, *way) for way in ((0.49, 0.49), (-0.49, 0.49), (0.49, -0.49), (0, 0))]
    far = [offset(latitude, longitude, *way) for way in ((0.52, 0), (-0.52, 0), (0, 0.52), (0, -0.52))]
    wrapped = np.array([(a, (b + 180) % 360 - 180) for a, b in near + far])
    assert inside((latitude, longitude), wrapped).tolist() == [True] * 4 + [False] * 4


def test_at_a_pole_all_longitudes_are_near() -> None:
    places = np.array([(89.999, 0.0), (89.999, 90.0), (89.999, -180.0), (89.99, 0.0)])
    assert inside((90.0, 45.0), places).tolist() == [True, True, True, False]


def test_places_nobody_told_lie_in_no_square() -> None:
    assert not inside((10.0, 10.0), np.array([(math.nan, math.nan), (math.nan, 10.0)])).any()


def test_empty_or_wrong_positions_are_not_believed() -> None:
    assert usable((2.19, 102.25)) and usable((0.0, 102.25)) and usable((-90.0, 180.0))
    for bad in (None, (0.0, 0.0), (91.0, 0.0), (10.0, 181.0), (math.nan, 5.0), (5.0, math.inf)):
        assert not usable(bad)


def test_candidates_share_the_rate() -> None:
    assert rate_per_candidate(0.01, 4) == 0.0025
    assert rate_per_candidate(0.01, 0) == 0.01
