"""Watch mode: what comes is added."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

from tests.library.light import Light, write_picture
from veduta.library.add import Options, add_photos
from veduta.library.catalog import Catalog
from veduta.library.status import Status, status
from veduta.library.watch import watch, watched


def test_what_comes_to_a_watched_folder_is_added(catalog: Catalog, folder: Path) -> None:
    add_photos(catalog, [folder], [Light()], options=Options(watch=True))
    assert watched(catalog) == [str(folder)]
    stop, seen = Event(), Event()
    told: list[Status] = []

    def changed(result: Status) -> None:
        told.append(result)
        if result.photos == 9:
            seen.set()

    worker = Thread(target=watch, args=(catalog, None, [Light()], stop, changed, 50))
    worker.start()
    for attempt in range(100):
        if not seen.is_set():
            write_picture(folder / "new.jpg", 70, 90 + attempt // 50)
            seen.wait(0.3)
    stop.set()
    worker.join(30)
    assert not worker.is_alive()
    assert told[-1].photos == 9
    assert told[-1] == status(catalog)


def test_folders_that_are_not_to_be_watched_are_not(filled: Catalog) -> None:
    assert watched(filled) == []
    assert watch(filled, stop=Event()) == status(filled)
