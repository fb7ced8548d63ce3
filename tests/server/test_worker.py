"""The background work: told while it runs, stopped, resumed, and never in the way."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from veduta.errors import ModelUnavailable, VedutaError
from veduta.image.photo import Photo
from veduta.library import lineup
from veduta.library.catalog import Catalog
from veduta.library.schema import Folder
from veduta.see.finding import Finding
from veduta.server.events import _events
from veduta.server.memory import Memory
from veduta.server.pace import Pace
from veduta.server.worker import Worker


class Gate:
    """A recognizer that waits to be let through."""

    name = "gate"
    version = "1"
    open = threading.Event()
    seen = threading.Event()

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """Nothing, in time."""
        self.seen.set()
        self.open.wait(20)
        return [[] for _ in photos]


def open_recognizer(name: str) -> Gate:
    """The gate; no other recognizer has its networks."""
    if name == "gate":
        return Gate()
    raise ModelUnavailable("pull the models")


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker with forty photos to add and a recognizer that waits."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(40):
        Image.new("RGB", (64, 48), (number * 6, 80, 80)).save(folder / f"{number}.png")
    Gate.open.clear()
    Gate.seen.clear()
    monkeypatch.setattr(lineup, "names", lambda: ["gate", "faces"])
    monkeypatch.setattr(lineup, "lacking", lambda: {"faces": "needs a network", "text": "is not asked for"})
    monkeypatch.setattr(lineup, "open_recognizer", open_recognizer)
    with Catalog.open(tmp_path / "library") as catalog:
        with catalog.write() as session:
            session.add(Folder(path=str(folder), excludes=[]))
        memory = Memory(catalog)
        worker = Worker(catalog, memory)
        yield worker
        Gate.open.set()
        worker.close()
        memory.close()


def finish(worker: Worker) -> None:
    """Wait for the work to end."""
    end = time.monotonic() + 60
    while not worker.idle:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_stopped_and_resumed(worker: Worker) -> None:
    worker.scan()
    assert Gate.seen.wait(60)
    running = worker.activity()
    assert running.state == "running" and running.stage == "analyzing" and running.total == 40
    assert running.missing_models == ["faces"]
    worker.cancel()
    assert worker.state() == "stopping"
    Gate.open.set()
    finish(worker)
    stopped = worker.activity()
    assert stopped.state == "idle" and stopped.stage is None and stopped.photos == 40
    worker.resume()
    finish(worker)
    done = worker.activity()
    assert (done.photos, done.failed, done.message) == (40, 0, None)
    assert (done.pending, done.missing_models) == (40, ["faces"]), "who has not looked yet still has to"


def test_events_tell_what_changes(worker: Worker) -> None:
    class Listening:
        async def is_disconnected(self) -> bool:
            return False

    async def listen() -> list[str]:
        stages = []
        worker.scan()
        async for event in _events(worker, Listening()):  # type: ignore[arg-type]
            if not event.startswith("event: activity\ndata: "):
                continue
            told: dict[str, Any] = json.loads(event.partition("data: ")[2])
            stages.append(told["stage"] or told["state"])
            if told["stage"] == "analyzing":
                Gate.open.set()
            if told["state"] == "idle" and told["photos"] == 40:
                worker.closing.set()
        return stages

    # In a thread of its own: browser tests leave an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        stages = pool.submit(lambda: asyncio.run(asyncio.wait_for(listen(), 60))).result()
    assert "analyzing" in stages and stages[-1] == "idle"


def test_pull_that_fails_is_told_and_photos_are_added(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Offline:
        def pull(self, **_: object) -> None:
            raise VedutaError("there is no network")

        def states(self) -> list[object]:
            return []

    told: list[tuple[str | None, bool]] = []
    monkeypatch.setattr("veduta.nets.store.default_store", Offline)
    worker.on_done = lambda failure, last: told.append((failure, last))
    Gate.open.set()
    worker.pull()
    finish(worker)
    end = time.monotonic() + 10
    while len(told) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    assert told == [("there is no network", False), (None, True)]
    assert worker.counts().photos == 40


def test_what_goes_wrong_is_told(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[str]:
        raise ValueError("a bolt is loose")

    monkeypatch.setattr(lineup, "names", fail)
    worker.scan()
    finish(worker)
    activity = worker.activity()
    assert activity.state == "failed" and "a bolt is loose" in (activity.message or "")


def test_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("veduta.server.pace.time.monotonic", lambda: now)
    pace = Pace()
    pace.begin("analyzing", 100)
    pace.advance(1)
    assert pace.rate() is None
    for _ in range(10):
        now += 1.0
        pace.advance(2)
    assert pace.done == 21 and pace.rate() == pytest.approx(2.1)
    pace.end()
    assert pace.stage is None and pace.rate() is None
