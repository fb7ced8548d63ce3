"""Nobody gets in who should not, by any route."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tests.server.conftest import HERE, PASSWORD
from veduta.server.app import create_app
from veduta.server.guard import HEADERS, LARGEST_BODY, is_loopback
from veduta.server.sessions import hash_password

OPEN = {("GET", "/api/session"), ("POST", "/api/session"), ("DELETE", "/api/session")}
LAN = "http://photos.lan:8484"


@pytest.fixture
def locked(root: Path) -> Iterator[TestClient]:
    """The library served to a network, with a password."""
    app = create_app(
        root / "library", host="0.0.0.0", password_hash=hash_password(PASSWORD), background=False
    )
    with TestClient(app, base_url=LAN, headers={"X-Veduta": "1"}) as client:
        yield client


def every_route(client: TestClient) -> list[tuple[str, str]]:
    """Each method and path of the API, with numbers filled in, as the router itself knows them."""
    found = []
    schema = client.app.openapi()  # type: ignore[attr-defined]
    for path, methods in schema["paths"].items():
        for method in methods:
            filled = path.replace("{side}", "320").replace("{album_id}", "manual:1").replace("{token}", "t")
            filled = filled.replace("{job_id}", "r1").replace("{form}", "png").replace("{project}", "p")
            for part in (
                "photo_id",
                "person_id",
                "face_id",
                "folder_id",
                "finding_id",
                "version_id",
                "mask_id",
                "image_id",
                "other_id",
            ):
                filled = filled.replace("{" + part + "}", "1")
            assert "{" not in filled
            found.append((method.upper(), filled))
    return found


def test_every_route_refuses_without_session(locked: TestClient) -> None:
    routes = every_route(locked)
    assert len(routes) > 45
    for method, path in [*routes, ("GET", "/api/openapi.json"), ("GET", "/api/nothing"), ("GET", "/api")]:
        if (method, path) in OPEN:
            continue
        answer = locked.request(method, path)
        assert answer.status_code == 401, (method, path, answer.status_code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) == {"type", "title", "status", "detail", "errors"}
        assert locked.request(method, path, headers={"Cookie": "veduta_session=guess"}).status_code == 401


def test_all_routes_of_the_router_are_described(locked: TestClient) -> None:
    """A route that the description leaves out would escape the walk above."""

    def routes(router: object) -> Iterator[APIRoute]:
        for route in getattr(router, "routes", []):
            if isinstance(route, APIRoute):
                yield route
            yield from routes(getattr(route, "original_router", None))

    described = set(locked.app.openapi()["paths"])  # type: ignore[attr-defined]
    seen = {r.path for r in routes(locked.app.router) if r.include_in_schema}  # type: ignore[attr-defined]
    plain = {path.replace(":path}", "}") for path in seen}
    assert {p if p.startswith("/api") else f"/api{p}" for p in plain} == described


def test_session_opens_every_route_and_closing_ends_it(locked: TestClient) -> None:
    assert locked.get("/api/session").json() == {"required": True, "active": False, "expires": None}
    assert locked.post("/api/session", json={"password": "wrong password"}).status_code == 401
    answer = locked.post("/api/session", json={"password": PASSWORD})
    assert answer.json()["active"]
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    token = locked.cookies["veduta_session"]
    assert locked.get("/api/photos").status_code == 200
    assert locked.get("/api/photos/1/thumbnail/320").status_code == 200
    assert locked.delete("/api/session").status_code == 200
    assert locked.get("/api/photos", headers={"Cookie": f"veduta_session={token}"}).status_code == 401


@pytest.mark.parametrize("host", ["photos.example.org", "127.0.0.1.evil.example", "10.0.0.1:8484", ""])
def test_other_names_are_refused_on_this_machine(client: TestClient, host: str) -> None:
    assert client.get("/api/status", headers={"Host": host}).status_code == 403
    assert client.get("/", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8484", "[::1]:8484", "127.0.0.1:1"])
def test_own_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/api/status", headers={"Host": host}).status_code == 200


def test_network_without_password_serves_nothing(root: Path) -> None:
    app = create_app(root / "library", host="0.0.0.0", background=False)
    with TestClient(app, base_url=LAN) as client:
        for path in ("/", "/api/status", "/api/session"):
            assert client.get(path).status_code == 503


def test_other_sites_cannot_change_or_read(client: TestClient) -> None:
    change = {"json": {"favorite": True}}
    assert client.patch("/api/photos/1", headers={"X-Veduta": "1"}, **change).status_code == 200  # type: ignore[arg-type]
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert client.patch("/api/photos/1", headers=headers, **change).status_code == 403, headers  # type: ignore[arg-type]
        assert client.get("/api/photos/1/thumbnail/320", headers=headers).status_code == 403, headers
    same = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
    assert client.patch("/api/photos/1", headers=same, **change).status_code == 200  # type: ignore[arg-type]
    del client.headers["X-Veduta"]
    assert client.patch("/api/photos/1", **change).status_code == 403  # type: ignore[arg-type]
    assert client.post("/api/session", json={"password": "x"}).status_code == 403


def test_safety_headers_are_everywhere(client: TestClient) -> None:
    for path in ("/", "/api/status", "/api/nothing", "/api/photos/1/thumbnail/320", "/api/photos/x"):
        answer = client.get(path)
        for name in HEADERS:
            assert name in answer.headers, (path, name)
    assert "'unsafe-inline'" not in HEADERS["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    assert "sandbox" in client.get("/api/photos/1/original").headers["content-security-policy"]


def test_large_bodies_are_refused(client: TestClient) -> None:
    body = b'{"ids": [' + b"1," * (LARGEST_BODY // 2) + b"1]}"
    assert client.post("/api/albums/manual:1/photos", content=body).status_code == 413
    pieces = (body[i : i + 100_000] for i in range(0, len(body), 100_000))
    assert client.post("/api/albums/manual:1/photos", content=pieces).status_code == 413
    assert client.get("/api/status", headers={"Content-Length": "x"}).status_code == 422


def test_head_is_get_without_body(client: TestClient) -> None:
    answer = client.head("/api/photos/1/original")
    assert answer.status_code == 200 and answer.content == b""
    assert int(answer.headers["content-length"]) > 1000


def test_loopback() -> None:
    assert all(is_loopback(h) for h in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST"))
    assert not any(
        is_loopback(h) for h in ("0.0.0.0", "::", "192.168.1.2", "example.org", "", "127.0.0.1.nip.io")
    )
