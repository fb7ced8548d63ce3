"""One photo file to an edited one, in the same format and depth, with its transparency and the facts about itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from veduta.edit.edits import Edits
from veduta.edit.picture_file import Written, check_still, save
from veduta.edit.stored_file import save_values
from veduta.edit.whole import read_whole
from veduta.image.decode import kind_of, read
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
    done = [one for one in edits.operations if not one.neutral]
    # What cannot be written like the original is edited whole, with all its bits.
    local = base is None and {one.name for one in done} <= LOCAL and kind_of(source) not in ("heif", "raw")
    whole = None if local or base is not None else read_whole(source, all(one.moves for one in done))
    before = read(base or source) if whole is None else whole.pixels
    progress.end()
    pixels = edits.apply(before, 1.0, progress)
    progress.begin("writing", 1)
    if whole is None:
        # Outside of a local edit all stays as it is stored, with every bit.
        changed = (pixels != before).any(axis=2) if local else None
        written = save(source, pixels, target, changed, location)
    else:
        written = save_values(source, whole.values(pixels), target, False, location=location)
    notes = [*(() if whole is None else whole.notes), *written.notes]
    deep = before.dtype == np.uint16 and not (whole is not None and whole.lifted)
    if deep and (shallow := [one.name for one in done if not one.deep]):
        notes.append(f"worked in 8 bits a color: {', '.join(dict.fromkeys(shallow))}")
    progress.end()
    return Written(written.path, written.format, tuple(notes))
