"""One photo file to an edited one, in the same format and with the same facts about itself."""

from __future__ import annotations

from pathlib import Path

from veduta.edit.edits import Edits
from veduta.edit.picture_file import Written, check_still, save
from veduta.image.decode import read
from veduta.progress import Progress, Silent

# Edits that leave pixels outside of their mask alone.
LOCAL = frozenset({"erase", "redact"})


def write_edited(
    source: Path,
    edits: Edits,
    target: Path,
    location: bool = True,
    progress: Progress | None = None,
    base: Path | None = None,
) -> Written:
    """Write `source` with `edits` at full size to `target`, atomically; the source stays as it is.

    `base` is the picture that the edits start from, where that is not the source itself. Without `location` the copy
    does not tell where it was taken. The progress may raise to stop: then nothing is written. Raises what reading,
    the edits and writing raise.
    """
    progress = progress or Silent()
    check_still(source)
    progress.begin("reading", 1)
    before = read(base or source)
    progress.end()
    pixels = edits.apply(before, 1.0, progress)
    progress.begin("writing", 1)
    changed = None
    if base is None and {one.name for one in edits.operations if not one.neutral} <= LOCAL:
        changed = (pixels != before).any(axis=2)  # all else stays as it is stored, with every bit
    written = save(source, pixels, target, changed, location)
    progress.end()
    return written
