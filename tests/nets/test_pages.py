"""Pages of mapped files: given back, and read again."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

from veduta.nets.pages import release


def resident(path: Path) -> int:
    """Kilobytes of mappings of `path` in memory, as the system tells."""
    entries = re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text())
    return sum(
        int(found.group(1))
        for entry in entries
        if str(path) in entry.partition("\n")[0] and (found := re.search(r"^Rss:\s+(\d+)", entry, re.M))
    )


def test_pages_leave_memory_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "weights of a network.bin"
    content = bytes(range(256)) * 16384
    path.write_bytes(content)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[:] == content
        assert resident(path) == 4096
        assert release(path) == len(content)
        assert resident(path) == 0
        assert mapped[:] == content


def test_what_is_not_mapped_or_can_be_written_is_left(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(b"a" * 8192)
    assert release(path) == 0
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        mapped[0:1] = b"b"
        assert release(path) == 0
        assert mapped[:2] == b"ba"
