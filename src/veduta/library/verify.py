"""Verify: originals against their hashes, thumbnails and findings against what should be there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from veduta.image.hashes import content_hash
from veduta.image.thumbnails import SIDES
from veduta.library.add import worker_count
from veduta.library.catalog import Catalog
from veduta.library.identify import batches
from veduta.library.record import THUMBNAILS
from veduta.library.schema import FileRow, FindingRow, Folder, PhotoRow, Work
from veduta.progress import Progress, Silent

_BATCH = 256


@dataclass(slots=True)
class Report:
    """What `verify` found; lists hold paths.

    `rotten` have other bytes although size and time are those on record: the disk or a copy has changed them.
    `edited` have another size or time: a program has changed them, and the next add takes them in.
    `missing` are no longer there, `unreadable` cannot be read, with the reason. `thumbnails` are files that
    are lacking and `findings` photos that a recognizer is on record to have seen, but whose rows contradict
    each other.
    """

    files: int = 0
    sound: int = 0
    rotten: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    thumbnails: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged; edits and removals are no damage."""
        return not (self.rotten or self.unreadable or self.thumbnails or self.findings)

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "files": self.files,
            "sound": self.sound,
            "rotten": self.rotten,
            "edited": self.edited,
            "missing": self.missing,
            "unreadable": [{"path": path, "reason": reason} for path, reason in self.unreadable],
            "thumbnails": self.thumbnails,
            "findings": self.findings,
            "ok": self.ok,
        }


def verify(catalog: Catalog, progress: Progress | None = None) -> Report:
    """Read every original and compare it with the record; nothing is changed, neither files nor catalog."""
    progress, report = progress or Silent(), Report()
    with catalog.session() as session:
        away = set(session.scalars(select(Folder.id).where(Folder.missing)))
        rows = session.execute(
            select(
                FileRow.path, FileRow.bytes, FileRow.mtime_ns, FileRow.role, FileRow.folder_id, PhotoRow.hash
            )
            .join(PhotoRow, PhotoRow.id == FileRow.photo_id)
            .where(FileRow.missing_since.is_(None))
            .order_by(FileRow.path)
        ).all()
    there = [row for row in rows if row.folder_id not in away and row.role == "original"]
    progress.begin("verifying", len(there))
    with ThreadPoolExecutor(worker_count(), "verify") as pool:
        for batch in batches(there, _BATCH):
            checks = pool.map(lambda row: _check(row.path, row.bytes, row.mtime_ns, row.hash), batch)
            for row, (verdict, reason) in zip(batch, checks, strict=True):
                report.files += 1
                if verdict == "sound":
                    report.sound += 1
                elif verdict == "unreadable":
                    report.unreadable.append((row.path, reason))
                else:
                    getattr(report, verdict).append(row.path)
            progress.advance(len(batch))
    _check_thumbnails(catalog, report)
    _check_findings(catalog, report)
    progress.end()
    return report


def _check(path: str, size: int, mtime_ns: int, known: str) -> tuple[str, str]:
    try:
        facts = Path(path).stat()
        if (facts.st_size, facts.st_mtime_ns) != (size, mtime_ns):
            return ("sound" if content_hash(Path(path)) == known else "edited"), ""
        if content_hash(Path(path)) == known:
            return "sound", ""
        # Someone may be writing it at this very moment: only a file that holds still is rotten.
        again = Path(path).stat()
        still = (again.st_size, again.st_mtime_ns) == (size, mtime_ns)
        return ("rotten" if still and content_hash(Path(path)) != known else "edited"), ""
    except FileNotFoundError:
        return "missing", ""
    except OSError as error:
        return "unreadable", error.strerror or str(error)


def _check_thumbnails(catalog: Catalog, report: Report) -> None:
    from veduta.image.decode import size

    with catalog.session() as session:
        hashes = session.scalars(
            select(PhotoRow.hash)
            .join(Work, Work.photo_id == PhotoRow.id)
            .where(Work.recognizer == THUMBNAILS, Work.state == "done", PhotoRow.missing_since.is_(None))
            .order_by(PhotoRow.hash)
        ).all()
    for name in hashes:
        for side in SIDES:
            path = catalog.thumbnail(name, side)
            if not path.is_file() or not _opens(size, path):
                report.thumbnails.append(str(path))


def _opens(size: Callable[[Path], tuple[int, int]], path: Path) -> bool:
    from veduta.errors import UnreadableImage

    try:
        return min(size(path)) > 0
    except (UnreadableImage, OSError):
        return False


def _check_findings(catalog: Catalog, report: Report) -> None:
    """Findings without a verdict, or of another version than the verdict's: an interrupted write would
    leave them.
    """
    with catalog.session() as session:
        odd = session.execute(
            select(func.min(FileRow.path))
            .select_from(FindingRow)
            .join(FileRow, FileRow.photo_id == FindingRow.photo_id)
            .outerjoin(
                Work, (Work.photo_id == FindingRow.photo_id) & (Work.recognizer == FindingRow.recognizer)
            )
            .where(
                (Work.photo_id.is_(None)) | ((Work.state == "done") & (Work.version != FindingRow.version))
            )
            .group_by(FindingRow.photo_id)
        ).scalars()
        report.findings += sorted(odd)
