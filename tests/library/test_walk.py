"""Folders to files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from veduta.library.walk import Listing, walk

JPEG = frozenset({".jpg"})


def whole(root: Path, **options: object) -> Listing:
    """All folders of a walk put together."""
    found = Listing(str(root))
    for listing in walk(str(root), JPEG, **options):  # type: ignore[arg-type]
        assert all(os.path.dirname(seen.path) == listing.folder for seen in listing.files)  # noqa: PTH120
        found.files += listing.files
        found.problems += listing.problems
        found.unread += listing.unread
    found.files.sort(key=lambda seen: seen.path)
    return found


def names(root: Path, **options: object) -> list[str]:
    return [os.path.relpath(seen.path, root) for seen in whole(root, **options).files]


def make(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x" * len(path))
    return root


def test_finds_files_by_suffix_in_order_with_size_and_time(tmp_path: Path) -> None:
    make(tmp_path, "b.JPG", "a/c.jpg", "a/d.txt", "a.jpg")
    assert names(tmp_path) == ["a.jpg", "a/c.jpg", "b.JPG"]
    seen = whole(tmp_path).files[1]
    facts = (tmp_path / "a/c.jpg").stat()
    assert (seen.bytes, seen.mtime_ns) == (7, facts.st_mtime_ns)


def test_hidden_and_system_folders_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, ".hidden/a.jpg", ".b.jpg", "@eaDir/c.jpg", "$RECYCLE.BIN/d.jpg", "kept/e.jpg")
    assert names(tmp_path) == ["kept/e.jpg"]


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("private", ["a.jpg", "x/b.jpg"]),
        ("*.jpg", []),
        ("x/*", ["a.jpg", "private/c.jpg"]),
        ("x/", ["a.jpg", "private/c.jpg"]),
        ("b.*", ["a.jpg", "private/c.jpg"]),
    ],
)
def test_patterns_leave_out_names_and_paths(tmp_path: Path, pattern: str, kept: list[str]) -> None:
    make(tmp_path, "a.jpg", "x/b.jpg", "private/c.jpg")
    assert names(tmp_path, excludes=[pattern]) == kept


def test_folders_to_skip_are_skipped_also_through_a_link(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "library/thumb.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "library")
    assert names(tmp_path, skip=[str(tmp_path / "library")]) == ["a.jpg"]


def test_loops_of_links_end_and_linked_folders_are_seen_once(tmp_path: Path) -> None:
    make(tmp_path, "a/b/c.jpg")
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a")
    (tmp_path / "again").symlink_to(tmp_path / "a/b")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert names(tmp_path) == ["a/b/c.jpg"]


def test_what_cannot_be_looked_at_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "open/a.jpg", "locked/b.jpg")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = whole(tmp_path)
    assert [os.path.relpath(seen.path, tmp_path) for seen in found.files] == ["open/a.jpg"]
    assert dict(found.problems) == {
        str(tmp_path / "locked"): "folder cannot be read: Permission denied",
        str(tmp_path / "gone.jpg"): "a link to a file that is not there",
        str(tmp_path / "pipe.jpg"): "not a regular file",
    }
    assert found.unread == [str(tmp_path / "locked")]


def test_a_root_that_is_not_there_is_a_problem_not_an_error(tmp_path: Path) -> None:
    found = whole(tmp_path / "no")
    assert found.files == []
    assert found.unread == [str(tmp_path / "no")]


def test_names_in_any_encoding(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9 \xff.jpg"
    Path(os.fsdecode(raw)).write_bytes(b"x")
    assert [os.fsencode(seen.path) for seen in whole(tmp_path).files] == [raw]
