"""The server: time until a library is ready, thumbnails a second, pages of the grid, the map of a million photos."""

from __future__ import annotations

import http.client
import io
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.figure import Figure

PHOTOS = 20_000
STARTS = 5
PLAIN = """
import sys, uvicorn
data = open(sys.argv[1], "rb").read()
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", str(len(data)).encode())]})
    await send({"type": "http.response.body", "body": data})
uvicorn.run(app, port=int(sys.argv[2]), log_level="error", lifespan="off")
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: list[str], port: int, path: str) -> Iterator[tuple[float, float]]:
    """Run a server; seconds from the start of its process to its first answer 200, and its processor time."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"}
    )
    try:
        while True:
            if process.poll() is not None:
                told = process.stderr.read().decode() if process.stderr else ""
                raise RuntimeError(f"the server ended: {told}")
            try:
                if get(http.client.HTTPConnection("127.0.0.1", port, timeout=10), path)[0] == 200:
                    break
            except OSError:
                time.sleep(0.005)
        yield time.perf_counter() - start, processor_seconds(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def processor_seconds(process: int) -> float:
    """Processor time that a process has used (Linux; elsewhere unknown)."""
    facts = Path(f"/proc/{process}/stat")
    if not facts.exists():
        return float("nan")
    user, system = facts.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    """One request."""
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def milliseconds(work: Callable[[int], object], times: int) -> list[float]:
    """How long each of `times` calls took."""
    found = []
    for number in range(times):
        start = time.perf_counter()
        work(number)
        found.append((time.perf_counter() - start) * 1000)
    return found


def make_library(folder: Path) -> None:
    """A library of synthetic rows, with thumbnails for the first hundred photos; no folders to look through."""
    from sqlalchemy import insert, select

    from veduta.library import text_index
    from veduta.library.catalog import Catalog
    from veduta.library.schema import FileRow, Folder, PhotoRow

    rng = np.random.default_rng(7)
    began = datetime(2010, 1, 1)
    with Catalog.open(folder) as catalog:
        with catalog.write() as session:
            session.add(Folder(id=1, path=str(folder / "photos"), excludes=[]))
            session.flush()
            photos, files = [], []
            for number in range(1, PHOTOS + 1):
                taken = began + timedelta(minutes=int(rng.integers(0, 10 * 365 * 24 * 60)))
                photos.append(
                    {
                        "id": number,
                        "hash": f"{number:064x}",
                        "width": 4000,
                        "height": 3000,
                        "format": "jpg",
                        "bytes": 3_000_000,
                        "taken": taken,
                        "day": taken.year * 10_000 + taken.month * 100 + taken.day,
                        "user_edited": {},
                    }
                )
                path = str(folder / "photos" / f"{number % 100}" / f"IMG_{number}.jpg")
                files.append(
                    {"photo_id": number, "folder_id": 1, "path": path, "bytes": 3_000_000, "mtime_ns": number}
                )
            session.execute(insert(PhotoRow), photos)
            session.execute(insert(FileRow), files)
            text_index.update(session, session.scalars(select(PhotoRow.id)).all())
        noise = rng.integers(0, 255, (15, 20, 3), np.uint8)
        picture = Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC)
        data = io.BytesIO()
        picture.save(data, "webp", quality=80)
        for number in range(1, 101):
            path_320 = catalog.thumbnail(f"{number:064x}", 320)
            path_320.parent.mkdir(parents=True, exist_ok=True)
            path_320.write_bytes(data.getvalue())


def measure() -> list[Figure]:
    """Serve a library as a user would and ask it for things."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        make_library(library)
        starts, busy, imports = [], [], []
        for _ in range(STARTS):
            port = free_port()
            with serving(_up(library, port), port, "/api/status") as (seconds, used):
                starts.append(seconds)
                busy.append(used)
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import fastapi, sqlalchemy, typer, uvicorn"], check=True)
            imports.append(time.perf_counter() - began)
        ready = statistics.median(starts)
        figures += [
            Figure(
                "time from start to ready", ready, "s", target=3.0, better="lower", n=STARTS,
                note=f"`veduta up` to the first answer of /api/status, {PHOTOS} photos",
            ),
            Figure(
                "processor time from start to ready", statistics.median(busy), "s", better="lower", n=STARTS,
                note="what the start takes on a machine that does nothing else",
            ),
            Figure(
                "start, against the bare imports of its packages", ready / statistics.median(imports), "x",
                better="lower", n=STARTS,
            ),
        ]  # fmt: skip
        figures += _answers(library, Path(folder))
    figures.append(_map())
    return figures


def _up(library: Path, port: int) -> list[str]:
    options = ["--library", str(library), "--port", str(port), "--no-browser", "--no-pull"]
    return [sys.executable, "-m", "veduta", "up", *options]


def _answers(library: Path, folder: Path) -> list[Figure]:
    port, plain_port = free_port(), free_port()
    one = next(library.glob("thumbs/*/*_320.webp"))
    (folder / "plain.py").write_text(PLAIN)
    plain = [sys.executable, str(folder / "plain.py"), str(one), str(plain_port)]
    with (
        serving(_up(library, port), port, "/api/status"),
        serving(plain, plain_port, "/"),
    ):
        time.sleep(3)  # the look through the folders that follows the start is not what is measured
        ours = http.client.HTTPConnection("127.0.0.1", port)
        bare = http.client.HTTPConnection("127.0.0.1", plain_port)
        thumbs, plain_ms = [], []
        for _ in range(3):
            thumbs += milliseconds(lambda i: get(ours, f"/api/photos/{i % 100 + 1}/thumbnail/320"), 200)
            plain_ms += milliseconds(lambda i: get(bare, "/"), 200)
        pages = milliseconds(lambda i: get(ours, "/api/photos?limit=200"), 40)
        deep = milliseconds(lambda i: get(ours, f"/api/photos?limit=200&offset={PHOTOS - 400 - i}"), 40)
    thumb, bare_ms = statistics.median(thumbs), statistics.median(plain_ms)
    first = statistics.median(pages)
    return [
        Figure("thumbnails a second, one connection", 1000 / thumb, "1/s", n=len(thumbs)),
        Figure(
            "a thumbnail, against a bare server that sends the same bytes", thumb / bare_ms, "x",
            better="lower", n=len(thumbs),
        ),
        Figure("page of 200 photos, p50", first, "ms", target=100.0, better="lower", n=len(pages)),
        Figure(
            "last page against the first", statistics.median(deep) / first, "x", target=3.0, better="lower",
            n=len(deep), note=f"{PHOTOS} photos",
        ),
    ]  # fmt: skip


def _map() -> Figure:
    from veduta.library.world import Positions, _group, _inside

    rng = np.random.default_rng(5)
    count = 1_000_000
    cities = rng.uniform((-50, -180), (65, 180), (2000, 2))
    points = cities[rng.integers(0, len(cities), count)] + rng.normal(0, 0.1, (count, 2))
    every = Positions.of(np.arange(count), points)

    def look(number: int) -> None:
        zoom = number % 8
        half = 180 / 2**zoom
        inside = np.flatnonzero(_inside(every, -half, -half / 2, half, half / 2))
        if len(inside):
            _group(every, inside, zoom)

    took = milliseconds(look, 24)
    return Figure(
        "map of 1,000,000 photos, clusters of a view, p50", statistics.median(took), "ms", target=100.0,
        better="lower", n=len(took), note=f"zoom 0 to 7; the whole world {max(took):.0f} ms",
    )  # fmt: skip
