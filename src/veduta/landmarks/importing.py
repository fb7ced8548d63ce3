"""A source into a bank: list its photos, read each once, find those that are there several times."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from itertools import chain, islice
from pathlib import Path
from typing import Any

from veduta.errors import UnreadableImage
from veduta.image import metadata
from veduta.image.decode import load
from veduta.image.formats import PHOTO_SUFFIXES, VIDEO_SUFFIXES
from veduta.image.hashes import content_hash, perceptual_hash
from veduta.landmarks import sources
from veduta.landmarks.bank import Bank, BankError
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.sources import Item, Listed, Problem
from veduta.landmarks.twins import drop_twins
from veduta.progress import Progress, Silent

SMALLEST = 64
"""Pictures with a shorter side below so many pixels show nothing that could be recognized."""
_SIDE = 512
_BATCH = 256
_LANDMARK = """
INSERT INTO landmarks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, country = excluded.country, city = excluded.city,
  region = excluded.region, latitude = excluded.latitude, longitude = excluded.longitude, kind = excluded.kind,
  frequency = excluded.frequency, source = excluded.source, listing = max(listing, excluded.listing)
"""
# A file that changed is read again; one that did not keeps what is known of it.
_LISTED = """
INSERT INTO photos (path, landmark, split, source, listing, bytes, mtime_ns) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (path) DO UPDATE SET
  listing = max(listing, excluded.listing), source = excluded.source, split = excluded.split,
  state = CASE WHEN bytes = excluded.bytes AND mtime_ns = excluded.mtime_ns AND landmark = excluded.landmark
          THEN state ELSE 'pending' END,
  bytes = excluded.bytes, mtime_ns = excluded.mtime_ns, landmark = excluded.landmark
"""


def fill(
    folder: Path,
    source: Path,
    table: Path | None = None,
    google: bool = False,
    others: Path | None = None,
    shard: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
) -> Path:
    """Bring the bank in `folder` to what `source` holds now, and return its path.

    `source` is a folder of folders, a CSV file of photos, or (`google`) the layout of Google Landmarks v2; `table`
    tells names, places and coordinates of landmarks; `others` is a folder of photos without landmarks. Of several
    processes with the same arguments each reads its own `shard` (number, of how many); the last to finish looks
    for doubles. After an interruption the same call goes on where it was. Raises BankError; a bank is made only where
    there is something to put into it.
    """
    progress = progress or Silent()
    items = _looked_into(source, items_of(source, table, google))
    apart = None if others is None else _looked_into(others, _without_landmarks(others))
    with Bank.open(folder, create=True) as bank:
        enlist(bank, str(source.absolute()), items, progress)
        if others is not None and apart is not None:
            enlist(bank, str(others.absolute()), apart, progress)
        read_pending(bank, shard, progress)
        if bank.one("SELECT 1 FROM photos WHERE state = 'pending' LIMIT 1") is None:
            drop_twins(bank, progress)
    return folder


def items_of(source: Path, table: Path | None = None, google: bool = False) -> Iterator[Item]:
    """The landmarks, photos and problems of a source; raises BankError where it is none."""
    if not source.exists():
        raise BankError(f"{source}: there is no such file or folder")
    if source.suffix.lower() in PHOTO_SUFFIXES | VIDEO_SUFFIXES and source.is_file():
        raise BankError(
            f"{source}: is a photo or a film; give a folder of folders of photos, or a table in CSV"
        )
    if source.is_file():
        return sources.from_table(source)
    if google:
        return sources.from_google(source, sources.facts_of(table) if table else {})
    beside = source / "landmarks.csv"
    table = table or (beside if beside.is_file() else None)
    return sources.from_folders(source, sources.facts_of(table) if table else {})


def _without_landmarks(folder: Path) -> Iterator[Item]:
    if not folder.is_dir():
        raise BankError(f"{folder}: not a folder of photos without landmarks")
    return sources.without_landmarks(folder)


def _looked_into(source: Path, items: Iterator[Item]) -> Iterator[Item]:
    """The same items, once a photo was among them; raises BankError where there is none."""
    begun: list[Item] = []
    for item in items:
        begun.append(item)
        if isinstance(item, Listed):
            return chain(begun, items)
    raise _nothing(source)


def _nothing(source: Path | str) -> BankError:
    return BankError(
        f"{source}: no photos there in folders of landmarks; expected are folders region/country/city/landmark"
        " (or fewer levels), a CSV file of photos, or, with --gld, the layout of Google Landmarks v2"
    )


def enlist(bank: Bank, source: str, items: Iterable[Item], progress: Progress) -> None:
    """Write down the landmarks and photos of a source; what is there no more is taken out."""
    progress.begin(f"listing {Path(source).name}")
    # Processes that list at the same time may get one number or several; neither takes out what the other found.
    listing = 1 + int(bank.one("SELECT coalesce(max(listing), 0) FROM photos"))
    with bank.writing() as connection:
        connection.execute("DELETE FROM problems WHERE source = ?", (source,))
    stream = iter(items)
    found = 0
    while batch := list(islice(stream, _BATCH)):
        with bank.writing() as connection:
            for item in batch:
                if isinstance(item, Landmark):
                    connection.execute(_LANDMARK, (*astuple(item), source, listing))
                elif isinstance(item, Listed):
                    found += 1
                    try:
                        facts = os.stat(item.path)  # noqa: PTH116
                    except OSError as error:
                        reason = f"cannot be read: {error.strerror}"
                        connection.execute(
                            "INSERT INTO problems VALUES (?, ?, ?)", (source, item.path, reason)
                        )
                        continue
                    values = (item.path, item.landmark, item.split, source, listing)
                    connection.execute(_LISTED, (*values, facts.st_size, facts.st_mtime_ns))
                elif isinstance(item, Problem):
                    connection.execute(
                        "INSERT INTO problems VALUES (?, ?, ?)", (source, item.what, item.reason)
                    )
        progress.advance(len(batch))
    progress.end()
    if not found:
        raise _nothing(source)
    with bank.writing() as connection:
        connection.execute("DELETE FROM photos WHERE source = ? AND listing < ?", (source, listing))
        connection.execute(
            "DELETE FROM landmarks WHERE source = ? AND listing < ? AND id NOT IN (SELECT landmark FROM photos)",
            (source, listing),
        )


def read_pending(bank: Bank, shard: tuple[int, int] = (1, 1), progress: Progress | None = None) -> None:
    """Read every photo that was not read yet: hashes, size, position; those that cannot be are dropped."""
    progress = progress or Silent()
    number, of = shard
    if not 1 <= number <= of:
        raise BankError(f"shard {number}/{of}: the first number is from 1 to the second")
    mine = "state = 'pending' AND id % ? = ?"
    progress.begin("reading photos", bank.one(f"SELECT count(*) FROM photos WHERE {mine}", (of, number - 1)))
    query = f"SELECT id, path FROM photos WHERE {mine} AND id > ? ORDER BY id LIMIT ?"
    last = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        while rows := list(bank.rows(query, (of, number - 1, last, _BATCH))):
            last = rows[-1][0]
            read = []
            for (photo, _), facts in zip(rows, pool.map(_read, (path for _, path in rows)), strict=True):
                read.append((*facts, photo))
                progress.advance()
            with bank.writing() as connection:
                connection.executemany(
                    "UPDATE photos SET hash = ?, phash = ?, width = ?, height = ?, latitude = ?, longitude = ?, "
                    "state = ?, judge = 'bank', why = ?, score = NULL WHERE id = ?",
                    read,
                )
    progress.end()


def _read(path: str) -> tuple[Any, ...]:
    """Hash, look, width, height, latitude, longitude, state and why of one file."""
    try:
        digest = content_hash(path)
        photo = load(path, _SIDE)
        known = metadata.read_metadata(path)
    except UnreadableImage as error:
        return None, None, None, None, None, None, "dropped", f"cannot be read: {error.reason}"
    look = perceptual_hash(photo.pixels)
    facts = (digest, look - (1 << 64) if look >> 63 else look, photo.width, photo.height)
    position = (known.latitude, known.longitude) if known.latitude or known.longitude else (None, None)
    if min(photo.width, photo.height) < SMALLEST:
        return *facts, *position, "dropped", f"too small: {photo.width} x {photo.height} pixels"
    return *facts, *position, "kept", ""
