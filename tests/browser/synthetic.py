"""A make-believe server: the built web app over a catalog of any size, with the answers that the grid needs."""

from __future__ import annotations

import datetime
import io
import json
import mimetypes
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

STATIC = Path(__file__).parents[2] / "src/veduta/server/static"
SHAPES = ((4000, 3000), (3000, 4000), (4032, 2268), (3000, 3000), (6000, 4000), (8000, 2400))


@cache
def picture(which: int, side: int) -> bytes:
    """A soft gradient as WebP."""
    width, height = SHAPES[which % len(SHAPES)]
    scale = side / max(width, height)
    y, x = np.mgrid[0 : max(1, int(height * scale)), 0 : max(1, int(width * scale))]
    base = np.random.default_rng(which).integers(40, 200, 3)
    pixels = base + np.stack([x * 55 / side, y * 55 / side, (x + y) * 25 / side], axis=-1)
    buffer = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "WEBP", quality=60)
    return buffer.getvalue()


class Catalog:
    """`total` photos over twenty years: quiet days, busy days, one huge day, and some without a time."""

    def __init__(self, total: int, seed: int = 7) -> None:
        rng = np.random.default_rng(seed)
        day = datetime.date(2024, 11, 3)
        self.days: list[tuple[str | None, int]] = []
        left = total - total // 50
        while left > 0:
            count = min(left, int(rng.choice([1, 2, 4, 9, 30, 120], p=[0.28, 0.2, 0.2, 0.17, 0.11, 0.04])))
            if len(self.days) == 40:
                count = min(left, total // 20)
            self.days.append((day.isoformat(), count))
            day -= datetime.timedelta(days=int(rng.integers(1, 4)))
            left -= count
        self.days.append((None, total // 50))
        self.total = sum(count for _, count in self.days)
        self.starts = np.cumsum([0, *(count for _, count in self.days)])
        self.shapes = rng.choice(len(SHAPES), size=self.total, p=[0.42, 0.22, 0.16, 0.05, 0.13, 0.02])

    def card(self, index: int) -> dict[str, Any]:
        """The photo at a position of the timeline."""
        day = self.days[int(np.searchsorted(self.starts, index, side="right")) - 1][0]
        which = int(self.shapes[index])
        width, height = SHAPES[which]
        return {
            "id": index + 1,
            "path": f"/photos/IMG_{index:06d}.jpg",
            "name": f"IMG_{index:06d}.jpg",
            "width": width,
            "height": height,
            "taken": None if day is None else f"{day}T12:00:00",
            "day": day,
            "media": "photo",
            "favorite": False,
            "hidden": False,
            "missing": False,
            "rating": None,
            "thumb": f"/api/photos/{index + 1}/thumbnail/320?{which}",
            "preview": f"/api/photos/{index + 1}/thumbnail/1440?{which}",
            "blur": "#8a9490",
        }


IDLE = {
    "state": "idle",
    "stage": None,
    "done": 0,
    "total": None,
    "rate": None,
    "folder": None,
    "started": None,
    "finished": None,
    "message": None,
    "waiting": 0,
    "pending": 0,
    "failed": 0,
    "missing_models": [],
}


class _Handler(BaseHTTPRequestHandler):
    catalog: Catalog
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer like the real server, as far as the grid asks."""
        url = urlsplit(self.path)
        if url.path.startswith("/api/"):
            self.api(url.path.removeprefix("/api/"), {k: v[0] for k, v in parse_qs(url.query).items()})
            return
        file = STATIC / url.path.lstrip("/")
        file = file if file.is_file() else STATIC / "index.html"
        kind = "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(file.name)[0]
        self.reply(file.read_bytes(), kind or "application/octet-stream")

    def api(self, path: str, query: dict[str, str]) -> None:
        """The few routes that there are."""
        catalog = self.catalog
        if "/thumbnail/" in path:
            which = int(urlsplit(self.path).query or 0)
            self.reply(picture(which, int(path.rpartition("/")[2])), "image/webp", "max-age=3600")
        elif path == "session":
            self.json({"required": False, "active": True, "expires": None})
        elif path == "status":
            facts = dict.fromkeys(
                ("folders", "videos", "people", "named_people", "places", "favorites", "bytes"), 1
            )
            library = {"directory": "/library", "version": "0", **facts}
            numbers = {"photos": catalog.total, "done": catalog.total, "pending": 0, "failed": 0}
            self.json({**numbers, "problems": [], "library": library, "missing_models": [], "state": "idle"})
        elif path == "timeline":
            self.json({"days": [{"day": d, "count": c} for d, c in catalog.days], "total": catalog.total})
        elif path == "photos":
            start = int(query.get("offset", 0))
            stop = min(catalog.total, start + int(query.get("limit", 200)))
            self.json({"photos": [catalog.card(i) for i in range(start, stop)], "total": catalog.total})
        elif path == "activity/events":
            self.events()
        elif path == "memories":
            self.json([])
        else:
            self.reply(json.dumps({"detail": f"there is no /api/{path}", "status": 404}).encode(), status=404)

    def events(self) -> None:
        """Say once that nothing goes on, then keep the line open."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(
            f"event: activity\ndata: {json.dumps({**IDLE, 'photos': self.catalog.total})}\n\n".encode()
        )
        self.wfile.flush()
        self.server.stopped.wait()  # type: ignore[attr-defined]

    def json(self, answer: object) -> None:
        """Send an object."""
        self.reply(json.dumps(answer).encode())

    def reply(
        self, body: bytes, kind: str = "application/json", cache: str = "no-cache", status: int = 200
    ) -> None:
        """Send bytes."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", cache)
        self.end_headers()
        self.wfile.write(body)


class SyntheticServer:
    """Serves a make-believe catalog at `url` while the context is open."""

    def __init__(self, total: int, port: int = 0) -> None:
        for which in range(len(SHAPES)):  # drawn beforehand, so that the browser alone is measured
            picture(which, 320), picture(which, 1440)
        handler = type("Handler", (_Handler,), {"catalog": Catalog(total)})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._server.stopped = threading.Event()  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> SyntheticServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stopped.set()  # type: ignore[attr-defined]
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
