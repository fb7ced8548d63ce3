"""An import that is killed at any moment goes on as if nothing had happened."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.library.light import fill
from tests.trust.dump import dump, originals
from tests.trust.importing import start
from veduta.library.catalog import Catalog
from veduta.library.status import status
from veduta.library.verify import verify

KILLS = 50


def test_killed_imports_end_like_undisturbed_ones(tmp_path: Path) -> None:
    folder = fill(tmp_path / "photos", 40)
    before = originals(folder)
    seconds = _undisturbed(tmp_path / "calm", folder)
    with Catalog.open(tmp_path / "calm") as catalog:
        expected, counted = dump(catalog), status(catalog)
    assert counted.pending == 0
    assert counted.photos == 42
    assert {path.rsplit("/", 1)[1] for path, _ in counted.problems} == {
        "cut.jpg", "empty.jpg", "liar.png", "wide.png"
    }  # fmt: skip
    dice, kills, library = random.Random(2026), 0, 0
    while kills < KILLS:
        library += 1
        directory = tmp_path / f"killed{library}"
        while True:
            process = start(directory, folder)
            process.join(dice.uniform(0.0, 0.7 * seconds) if kills < KILLS else None)
            if process.exitcode is not None:
                assert process.exitcode == 0
                break
            process.kill()
            process.join()
            kills += 1
        with Catalog.open(directory) as catalog:
            assert dump(catalog) == expected
            assert status(catalog) == counted
            assert verify(catalog).ok
        assert not (directory / "reading.json").exists()
    assert originals(folder) == before


def _undisturbed(directory: Path, folder: Path) -> float:
    start(directory.with_name("warm"), folder).join()
    begun = time.monotonic()
    process = start(directory, folder)
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - begun
