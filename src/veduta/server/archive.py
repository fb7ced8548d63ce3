"""Exports: copies of originals packed into a zip while it is being sent."""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from starlette.responses import StreamingResponse

from veduta.errors import NotFound
from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow
from veduta.server import albums
from veduta.server.context import Context
from veduta.server.models.export import ExportNew, ExportReady
from veduta.server.problem import Refused
from veduta.server.wire import attachment, readable

LIFETIME = 600.0
MOST_WAITING = 100
BLOCK = 1 << 20


@dataclass(frozen=True)
class Order:
    """What an export holds."""

    photos: tuple[int, ...]
    location: bool
    until: float
    anonymize: tuple[str, ...] = ()
    style: str = "pixelate"


class Archives:
    """Exports that wait to be fetched."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._lock = threading.Lock()

    def keep(self, order: Order) -> str:
        """Keep an order; returns the token that fetches it."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            now = time.monotonic()
            self._orders = {k: v for k, v in self._orders.items() if v.until > now}
            while len(self._orders) >= MOST_WAITING:
                self._orders.pop(next(iter(self._orders)))
            self._orders[token] = order
        return token

    def take(self, token: str) -> Order:
        """Return the order of `token`, which is used up; raises NotFound."""
        with self._lock:
            order = self._orders.pop(token, None)
        if order is None or order.until <= time.monotonic():
            raise NotFound("there is no such export any more: ask for it again")
        return order


def prepare(here: Context, new: ExportNew) -> ExportReady:
    """Prepare an export; raises NotFound where a photo or album does not exist."""
    photos = _chosen(here, new)
    if not photos:
        raise Refused(422, "nothing to export: name photos, an album or a query that finds some")
    with here.catalog.session() as session:
        sizes: dict[int, int] = {}
        for start in range(0, len(photos), 500):
            part = photos[start : start + 500]
            query = select(PhotoRow.id, PhotoRow.bytes).where(PhotoRow.id.in_(part))
            sizes |= {row.id: row.bytes for row in session.execute(query)}
    unknown = [number for number in photos if number not in sizes]
    if unknown:
        raise NotFound(f"there is no photo {unknown[0]}")
    until = time.monotonic() + LIFETIME
    token = here.archives.keep(
        Order(tuple(photos), new.location, until, tuple(dict.fromkeys(new.anonymize)), new.style)
    )
    return ExportReady(url=f"/api/export/{token}", photos=len(photos), bytes=sum(sizes.values()))


def _chosen(here: Context, new: ExportNew) -> list[int]:
    photos = list(dict.fromkeys(new.photos))
    if new.album is not None:
        wanted = albums.condition(here, new.album)
        shown = (PhotoRow.hidden.is_(False), PhotoRow.missing_since.is_(None))
        with here.catalog.session() as session:
            photos += session.scalars(select(PhotoRow.id).where(wanted, *shown).order_by(PhotoRow.id)).all()
    if new.query is not None:
        from veduta.library.search import matching

        photos += [int(number) for number in matching(here.catalog, new.query)]
    return list(dict.fromkeys(photos))


def fetch(here: Context, token: str) -> StreamingResponse:
    """Answer with the zip of an export."""
    order = here.archives.take(token)
    name = f"veduta-{len(order.photos)}-photos.zip"
    return StreamingResponse(
        packed(here.catalog, order),
        media_type="application/zip",
        headers={"Content-Disposition": attachment(name), "Cache-Control": "no-store"},
    )


class _Drain:
    """A file that can only be written to; hands out what was written."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._blocks.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was written is there."""

    def drain(self) -> bytes:
        """Return what was written since the last time."""
        found = b"".join(self._blocks)
        self._blocks.clear()
        return found


def packed(catalog: Catalog, order: Order) -> Iterator[bytes]:
    """Yield the bytes of the zip, photo by photo; what cannot be copied is told in a list inside it."""
    from veduta.library.export import export

    sink, used, failures = _Drain(), set[str](), list[str]()
    with (
        tempfile.TemporaryDirectory(prefix="veduta-export-") as folder,
        zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive,  # type: ignore[call-overload]
    ):
        for number in order.photos:
            try:
                [copied] = export(
                    catalog,
                    [number],
                    Path(folder),
                    location=order.location,
                    anonymize=order.anonymize,
                    style=order.style,
                )
            except NotFound as error:
                failures.append(str(error))
                continue
            if copied.copy is None:
                failures.append(f"{readable(copied.path)}: {copied.reason}")
                continue
            copy = Path(copied.copy)
            facts = zipfile.ZipInfo(
                _free(copy.name, used), time.localtime(max(copy.stat().st_mtime, 315619200))[:6]
            )
            with copy.open("rb") as source, archive.open(facts, "w", force_zip64=True) as target:
                while block := source.read(BLOCK):
                    target.write(block)
                    yield sink.drain()
            copy.unlink()
        if failures:
            archive.writestr("NOT EXPORTED.txt", "\n".join(failures) + "\n")
    yield sink.drain()


def _free(name: str, used: set[str]) -> str:
    """A name that is not used in the zip yet, on any system."""
    shown = str(readable(name)).replace("\\", "_")
    stem, suffix = os.path.splitext(shown)  # noqa: PTH122
    number, free = 1, shown
    while free.casefold() in used:
        number += 1
        free = f"{stem} ({number}){suffix}"
    used.add(free.casefold())
    return free
