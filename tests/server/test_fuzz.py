"""Whatever is asked, the server answers as its description says, and never with an error of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.landmarks.test_bank import put
from veduta.edit import regions
from veduta.image.photo import Photo
from veduta.landmarks.importing import fill
from veduta.see.count import Sight
from veduta.server import counting, moving, viewing
from veduta.server.app import create_app
from veduta.server.cleaning import Cleaner
from veduta.server.renders import Renders
from veduta.server.worker import Worker
from veduta.space.disparity import Disparity

NUMBERS = ("photo_id", "person_id", "face_id", "folder_id", "finding_id", "version_id", "mask_id", "image_id")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Half of all numbers name things that exist: else most requests would end at `there is no photo 817`."""
    for name in NUMBERS:
        value = (path_parameters or {}).get(name)
        if isinstance(value, int) and value % 2 and path_parameters:
            path_parameters[name] = abs(value) % 12 + 1
    return path_parameters


bank: list[str] = []


def in_the_bank(context: Any, given: Any) -> Any:
    """Half of what is asked of banks is asked of one that exists."""
    if context.operation.path.startswith("/api/bank") and isinstance(given, dict):
        for name, value in (("folder", bank[0]), ("landmark", "mark0")):
            if isinstance(given.get(name), str) and len(given[name]) % 2:
                given[name] = value
    return given


def map_query(context: Any, query: Any) -> Any:
    """Ask some of a bank that exists."""
    return in_the_bank(context, query)


def map_body(context: Any, body: Any) -> Any:
    """Ask some of a bank that exists."""
    return in_the_bank(context, body)


class Later:
    """An application that is named when tests are collected and made when they run."""

    made: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on; the start and end of the application are the fixture's business."""
        if scope["type"] == "http":
            await self.made(scope, receive, send)


later = Later()
schema = schemathesis.openapi.from_dict(create_app(Path("library"), background=False).openapi())
schema.app = later
for hook in (map_path_parameters, map_query, map_body):
    schema.hook(hook)


def flat(left: Any, *wish: Any) -> Disparity:
    """All equally far: real matching has tests of its own."""
    return Disparity(np.full(left.shape[:2], 8, np.float32), np.ones(left.shape[:2], bool))


class Blind:
    """Sees nobody."""

    def look(self, photos: list[Photo]) -> list[Sight]:
        """An empty street."""
        return [Sight([], [], photo.width, photo.height) for photo in photos]


@pytest.fixture(scope="module", autouse=True)
def served(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A copy of the small library, served without background work: any folder may be asked for."""
    root = tmp_path_factory.mktemp("fuzzed")
    library = root / "library"
    shutil.copytree(made / "library", library)
    for number in range(12):
        put(root / f"source/mark{number % 3}/{number}.jpg", number)
    bank[:] = [str(fill(root / "bank", root / "source"))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "scan", lambda self, folders=(): None)
        patch.setattr(Worker, "rewatch", lambda self: None)
        patch.setattr(Cleaner, "start", lambda self, folder: None)
        # What networks see has its own tests; here they would take all of the time.
        patch.setattr(counting, "_counter", Blind)
        patch.setattr(regions, "regions", lambda photo, what, eyes: [])
        patch.setattr(Renders, "_run", lambda self, job: ("done", None, None))
        patch.setattr(viewing, "match", flat)
        patch.setattr(moving, "_write", lambda *wish: Path(wish[3]).write_bytes(b""))
        later.made = create_app(library, background=False)
        yield
        later.made.state.context.close()


# The stream of events never ends.
@schema.exclude(path="/api/activity/events").parametrize()
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_api_never_fails(case: Any) -> None:
    case.call_and_validate(headers={"X-Veduta": "1", "Host": "127.0.0.1"}, checks=CHECKS)
