"""An import in a process of its own, to be killed."""

from __future__ import annotations

from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from tests.library.light import Light, Moody
from veduta.errors import VedutaError
from veduta.library.add import Options, add_photos
from veduta.library.catalog import Catalog

TOLD = "told.txt"


def context() -> ForkServerContext:
    """Processes that start at once: what an import needs is loaded before they are forked."""
    made = ForkServerContext()
    made.set_forkserver_preload([__name__])
    return made


def run(directory: str, folder: str, hinder: str = "") -> None:
    """Add `folder` to the library in `directory`; a VedutaError is told in a file beside the library."""
    try:
        if hinder:
            HINDRANCES[hinder](Path(directory))
        with Catalog.open(directory) as catalog:
            add_photos(catalog, [folder], [Light(), Moody()], options=Options())
    except VedutaError as error:
        Path(f"{directory}-{TOLD}").write_text(str(error), "utf-8")
        raise SystemExit(1) from None


def start(directory: Path, folder: Path, hinder: str = "") -> ForkServerProcess:
    """Begin an import in another process."""
    process = context().Process(target=run, args=(str(directory), str(folder), hinder))
    process.start()
    return process


def _small_files(_directory: Path) -> None:
    """Files cannot grow: what a full disk does."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))


def _nobody(_directory: Path) -> None:
    """Another user, who may only read."""
    import os

    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


HINDRANCES = {"full": _small_files, "nobody": _nobody}
