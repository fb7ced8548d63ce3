"""The map and its places."""

from __future__ import annotations

import numpy as np
import pytest
from fastapi.testclient import TestClient

from veduta.library.world import Positions, _group, _inside


def test_clusters_of_the_world(client: TestClient) -> None:
    world = client.get("/api/map", params={"zoom": 0}).json()
    assert world["total"] == 5 == sum(c["count"] for c in world["clusters"])
    near = client.get("/api/map", params={"zoom": 6}).json()
    assert sorted(c["count"] for c in near["clusters"]) == [1, 2, 2]
    for cluster in near["clusters"]:
        assert len(cluster["ids"]) == cluster["count"] and client.get(cluster["cover"]).status_code == 200


def test_a_piece_of_the_map(client: TestClient, ids: dict[str, int]) -> None:
    paris = {"west": 2, "south": 48, "east": 3, "north": 49, "zoom": 20}
    found = client.get("/api/map", params=paris).json()
    assert {i for c in found["clusters"] for i in c["ids"]} == {ids["astronaut.jpg"], ids["astronaut2.jpg"]}
    assert client.get("/api/map", params={**paris, "west": 2.9}).json()["total"] == 0
    client.patch("/api/photos", json={"ids": [ids["astronaut.jpg"]], "change": {"hidden": True}})
    assert client.get("/api/map", params=paris).json()["total"] == 1


def test_places(client: TestClient) -> None:
    places = client.get("/api/places").json()
    assert [p["country_code"] for p in places] == ["FR", "IT", "US"]
    assert [p["count"] for p in places] == [2, 2, 1]


def naive(every: Positions, chosen: list[int], zoom: float) -> dict[tuple[int, int], list[int]]:
    """Cells by the plain formula, one photo at a time."""
    cells: dict[tuple[int, int], list[int]] = {}
    cell = 360 * 64 / (512 * 2**zoom)
    for i in chosen:
        lat, lon = float(every.latitudes[i]), float(every.longitudes[i])
        flat = min(85.0, max(-85.0, lat))
        y = np.degrees(np.log(np.tan(np.pi / 4 + np.radians(flat) / 2)))
        cells.setdefault((int((y + 180) // cell), int((lon + 180) // cell)), []).append(i)
    return cells


@pytest.mark.parametrize("zoom", [0, 3, 9.5, 18, 24])
def test_grid_equals_the_plain_formula(zoom: float) -> None:
    rng = np.random.default_rng(3)
    n = 400
    degrees = np.stack([rng.normal(40, 20, n).clip(-90, 90), rng.uniform(-180, 180, n)], axis=1)
    every = Positions.of(np.arange(1, n + 1), degrees)
    inside = np.flatnonzero(_inside(every, 100, -60, 260, 80))
    plain = [i for i in range(n) if -60 <= every.latitudes[i] <= 80]
    plain = [i for i in plain if every.longitudes[i] >= 100 or every.longitudes[i] <= -100]
    assert inside.tolist() == plain
    cells = naive(every, plain, zoom)
    groups = _group(every, inside, zoom)
    assert sorted(g[3] for g in groups) == sorted(len(m) for m in cells.values())
    by_newest = {members[0]: members for members in cells.values()}
    for newest, lat, lon, count, members, guessed in groups:
        assert guessed == 0
        wanted = by_newest[newest]
        assert count == len(wanted)
        assert lat == pytest.approx(float(every.latitudes[wanted].mean()), abs=1e-4)
        assert lon == pytest.approx(float(every.longitudes[wanted].mean()), abs=1e-4)
        if count <= 50:
            assert members is not None and members.tolist() == wanted
        else:
            assert members is None
