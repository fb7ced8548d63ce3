"""Where sections are worked on: a hidden folder beside the results, kept when a run is killed, gone when it ends."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from veduta.lock import Held, take
from veduta.space.sections import BadSections

NAME = ".{}.unfinished"
COMPARISONS = "comparisons"  # of sections: they take long


def place(out: Path) -> Path:
    """The hidden folder for results that go to `out`: beside it, or in it where it is there already."""
    out = out.absolute()
    beside, inside = out.parent / NAME.format(out.name), out / NAME.format("sections")
    return inside if out.is_dir() and not beside.is_dir() else beside


@contextmanager
def workplace(out: Path) -> Iterator[Path]:
    """A folder for one run at a time. It stays where the run is killed or stopped, for the next run to go on.

    Errors, too, leave it once sections were compared, which takes long. Raises BadSections.
    """
    work = place(out)
    new = [one for one in work.parents if not one.exists()]
    work.mkdir(parents=True, exist_ok=True)
    try:
        lock = take(work / "lock", wait=0)
    except Held:
        raise BadSections(
            f"{out}: another run is at work on it; wait for it or name another folder"
        ) from None
    try:
        try:
            yield work
        except Exception:
            if not (work / COMPARISONS).exists():
                shutil.rmtree(work, ignore_errors=True)
                for one in new:
                    with suppress(OSError):
                        one.rmdir()
            raise
        shutil.rmtree(work, ignore_errors=True)
    finally:
        os.close(lock)
