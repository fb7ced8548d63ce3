"""Pictures of what spoke for a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from veduta.library import explanation
from veduta.library.catalog import Catalog
from veduta.library.explanation import Explanation, Unexplained, explain


def finding(client: TestClient, photo_id: int, kind: str) -> int:
    """The number of a finding of a kind."""
    found = client.get(f"/api/photos/{photo_id}/findings").json()["findings"]
    return int(next(one["id"] for one in found if one["kind"] == kind))


def test_the_overlay_is_dense_where_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    heat = np.zeros((6, 9), np.float32)
    heat[1:4, 6:9] = 1
    told = Explanation(np.full((600, 900, 3), 90, np.uint8), heat)
    over = told.overlay()
    assert over.shape == (427, 640, 4)
    assert over[150, 560, 3] > 150
    assert over[380, 60, 3] == 0
    painted = told.painted()
    assert painted.shape == (427, 640, 3)
    assert (painted[380, 60] == 90).all()
    assert not (painted[150, 560] == 90).all()


def test_a_label_is_explained_as_png(
    client: TestClient, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def heat(photo: Any, kind: str, name: str, extra: Any) -> Any:
        asked.append((kind, name))
        return np.eye(8, dtype=np.float32)

    monkeypatch.setattr(explanation, "_heat", heat)
    photo = ids["chelsea.jpg"]
    url = f"/api/photos/{photo}/findings/{finding(client, photo, 'label')}/activation"
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    decoded = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None and decoded.shape[2] == 4
    assert asked == [("label", "tabby")]
    again = client.get(url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_what_cannot_be_explained_is_refused(client: TestClient, ids: dict[str, int]) -> None:
    photo = ids["chelsea.jpg"]
    answer = client.get(f"/api/photos/{photo}/findings/{finding(client, photo, 'object')}/activation")
    assert answer.status_code == 422
    assert "only landmark and label" in answer.json()["detail"]
    other = ids["coffee.jpg"]
    label = finding(client, photo, "label")
    assert client.get(f"/api/photos/{other}/findings/{label}/activation").status_code == 404
    assert client.get(f"/api/photos/{photo}/findings/999999/activation").status_code == 404


def test_the_network_itself_points_at_the_cat(root: Path, store: Any) -> None:
    with Catalog.open(root / "library") as catalog, catalog.session() as session:
        from veduta.library.schema import FindingRow

        row = session.query(FindingRow).filter_by(kind="label", name="tabby").one()
        row.name = "cat"
        session.commit()
        told = explain(catalog, row.photo_id, row.id)
        assert told.heat.max() == 1
        assert told.heat.shape[0] in (8, 9, 10)
        # Chelsea's face fills the middle of the picture; the corners are a carpet.
        height, width = told.heat.shape
        middle = told.heat[height // 4 : -height // 4, width // 4 : -width // 4]
        assert middle.mean() > told.heat.mean()
        row.name = "no such label"
        session.commit()
        with pytest.raises(Unexplained, match="no such label"):
            explain(catalog, row.photo_id, row.id)
