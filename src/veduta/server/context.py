"""What the routes of one served library share."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from veduta.library.catalog import Catalog
from veduta.progress import Progress
from veduta.server.cleaning import Cleaner
from veduta.server.kept import Kept
from veduta.server.memory import Memory
from veduta.server.renders import Renders
from veduta.server.sessions import Sessions
from veduta.settings import settings

if TYPE_CHECKING:
    from veduta.server.archive import Archives
    from veduta.server.worker import Worker


class Context:
    """One served library: its catalog, who may read it, its background work; each opened when first used."""

    def __init__(
        self,
        directory: Path | None,
        host: str = "127.0.0.1",
        password_hash: str | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.directory = (directory or settings().library_directory).expanduser().absolute()
        self.host = host
        self._password_hash = password_hash
        self._progress = progress
        # Made here: two requests at once may not make two, of which each would clean.
        self.cleaner = Cleaner()
        self.renders = Renders(lambda: self.memory.forget())
        self.kept = Kept()

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog, opened at the first use."""
        return Catalog.open(self.directory)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is logged in."""
        return Sessions(self.catalog, self._password_hash)

    @cached_property
    def worker(self) -> Worker:
        """The background work."""
        from veduta.server.worker import Worker

        return Worker(self.catalog, self.memory, self._progress)

    @cached_property
    def memory(self) -> Memory:
        """Answers remembered until the catalog changes."""
        return Memory(self.catalog)

    @cached_property
    def archives(self) -> Archives:
        """Exports that wait to be fetched."""
        from veduta.server.archive import Archives

        return Archives()

    def close(self) -> None:
        """Stop the background work and close the catalog."""
        self.cleaner.close()
        self.renders.close()
        if "worker" in self.__dict__:
            self.worker.close()
        if "memory" in self.__dict__:
            self.memory.close()
        if "catalog" in self.__dict__:
            self.catalog.close()


def context(request: Request) -> Context:
    """The context of the app that serves this request."""
    found: Context = request.app.state.context
    return found


Here = Annotated[Context, Depends(context)]
