"""The background work of a served library: one thread that adds photos, one that watches folders."""

from __future__ import annotations

import datetime
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from veduta.errors import VedutaError
from veduta.library.catalog import Catalog
from veduta.library.status import Status, status
from veduta.progress import Progress
from veduta.server.memory import Memory
from veduta.server.models.activity import Activity
from veduta.server.pace import Pace

log = logging.getLogger("veduta.server")
SETTLE_MS = 2000
LONGEST_WAIT = 24 * 3600.0
PATIENCE_AT_THE_END = 20.0


@dataclass(frozen=True)
class Job:
    """One look through some folders (none: all of the library), after a pull of networks if need be."""

    folders: tuple[str, ...] = ()
    pull: bool = False


class Worker:
    """Adds photos in the background, one job after the other; safe to use from several threads.

    Nothing is kept of jobs that wait: the catalog itself says what is left to do, and the next start looks
    through all folders again. `also` is told of progress, too (a terminal).
    """

    def __init__(self, catalog: Catalog, memory: Memory, also: Progress | None = None) -> None:
        self.closing = threading.Event()
        self.also = also
        self.on_done: Callable[[str | None, bool], None] | None = None
        """Told after each job why it failed (None: it did not) and whether it was the last one."""
        self._catalog, self._memory = catalog, memory
        self._condition = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._running: Job | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._pace = Pace()
        self._missing: list[str] = []
        self._started: datetime.datetime | None = None
        self._finished: datetime.datetime | None = None
        self._failure: str | None = None
        self._watching = threading.Event()
        self._rewatch = threading.Event()

    def resume(self) -> None:
        """Go on where the last run stopped, and begin to watch folders."""
        self.scan()
        self.rewatch()

    def scan(self, folders: Sequence[str] = ()) -> None:
        """Look through `folders` (none: all of the library) for what is new, after the present job."""
        job = Job(tuple(folders))
        with self._condition:
            if self.closing.is_set():
                return
            if job not in self._jobs:
                self._jobs.append(job)
            if not self._threads:
                self._start("veduta-work", self._work)
            self._condition.notify_all()

    def pull(self) -> None:
        """Get the networks that are missing, then look through all folders."""
        with self._condition:
            self._jobs.appendleft(Job(pull=True))
        self.scan()

    def cancel(self) -> None:
        """Stop the present job and drop those that wait; what is done is kept."""
        with self._condition:
            self._jobs.clear()
            if self._running is not None:
                self._stop.set()

    def close(self) -> None:
        """Stop for good, waiting for the photos at hand to be written."""
        self.closing.set()
        self._rewatch.set()
        self.cancel()
        with self._condition:
            self._condition.notify_all()
            threads = list(self._threads)
        end = time.monotonic() + PATIENCE_AT_THE_END
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))

    def rewatch(self) -> None:
        """Begin to watch folders, or again with other folders."""
        with self._condition:
            if self.closing.is_set():
                return
            if not self._watching.is_set():
                self._watching.set()
                self._start("veduta-watch", self._watch)
            self._rewatch.set()

    @property
    def idle(self) -> bool:
        """Whether nothing runs and nothing waits."""
        with self._condition:
            return self._running is None and not self._jobs

    def state(self) -> str:
        """Return idle, running, stopping or failed."""
        with self._condition:
            if self._running is not None:
                return "stopping" if self._stop.is_set() else "running"
            if self._jobs:
                return "running"
            return "failed" if self._failure is not None else "idle"

    def counts(self) -> Status:
        """Return how far the library is."""
        return self._memory.answer("status", lambda: status(self._catalog))

    def missing(self) -> list[str]:
        """Return the recognizers that lack their networks, as far as known."""
        with self._condition:
            return list(self._missing)

    def tell_missing(self, names: Sequence[str]) -> None:
        """Remember which recognizers lack their networks."""
        with self._condition:
            self._missing = list(names)

    def activity(self) -> Activity:
        """Return what is being done at this moment."""
        counts = self.counts()
        with self._condition:
            folders = () if self._running is None else self._running.folders
            return Activity.model_validate(
                {
                    "state": self.state(),
                    "stage": self._pace.stage,
                    "done": self._pace.done,
                    "total": self._pace.total,
                    "rate": self._pace.rate(),
                    "folder": folders[0] if len(folders) == 1 else None,
                    "started": self._started,
                    "finished": self._finished,
                    "message": self._failure,
                    "waiting": len(self._jobs),
                    "photos": counts.photos,
                    "pending": counts.pending,
                    "failed": counts.failed,
                    "missing_models": self._missing,
                }
            )

    def _start(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while True:
            with self._condition:
                while not self._jobs and not self.closing.is_set():
                    self._condition.wait()
                if self.closing.is_set():
                    return
                self._running = self._jobs.popleft()
                self._stop = threading.Event()
                self._started, self._failure = datetime.datetime.now(datetime.UTC), None
            failure = self._run(self._running)
            self._memory.forget()
            with self._condition:
                self._failure = failure
                self._running = None
                self._finished = datetime.datetime.now(datetime.UTC)
                self._pace.end()
                last = not self._jobs
            if self.on_done is not None and not self.closing.is_set():
                self.on_done(failure, last)

    def _run(self, job: Job) -> str | None:
        """Do a job; returns why it stopped, None when it ended well."""
        from veduta.library import lineup
        from veduta.library.add import Options, add_photos

        pace = Told(self._pace, self.also)
        if job.pull:
            return self._pull(pace)
        options = Options(
            wait=LONGEST_WAIT,
            waiting=lambda: pace.begin("waiting for another process to finish adding photos"),
        )
        try:
            absent = lineup.lacking()
            self.tell_missing([name for name in lineup.enabled(self._catalog) if name in absent])
            add_photos(self._catalog, job.folders, None, pace, options, self._stop)
        except lineup.Unopened as error:
            self.tell_missing(sorted(error.missing))
        except VedutaError as error:
            log.warning("adding photos stopped: %s", error)
            return str(error)
        except Exception as error:  # the library must go on being served
            log.exception("adding photos stopped")
            return f"adding photos stopped: {type(error).__name__}: {error}"
        finally:
            pace.end()
        return None

    def _pull(self, pace: Progress) -> str | None:
        from veduta.library.lineup import lacking
        from veduta.nets.store import default_store

        try:
            default_store().pull(progress=pace)
        except (VedutaError, OSError) as error:
            self.tell_missing(sorted(lacking()))
            return str(error)
        finally:
            pace.end()
        return None

    def _watch(self) -> None:
        from watchfiles import watch

        from veduta.library.watch import watched

        while not self.closing.is_set():
            self._rewatch.clear()
            folders = watched(self._catalog)
            if not folders:
                self._rewatch.wait()
                continue
            try:
                for changed in watch(
                    *folders,
                    step=SETTLE_MS,
                    debounce=10 * SETTLE_MS,
                    stop_event=self._rewatch,
                    rust_timeout=1000,
                ):
                    paths = [path for _, path in changed]
                    touched = [f for f in folders if any(p.startswith(f.rstrip("/") + "/") for p in paths)]
                    if touched:
                        self.scan(touched)
            except (OSError, RuntimeError) as error:
                log.warning("folders cannot be watched: %s", error)
                self._rewatch.wait(60)


class Told:
    """Progress told to the pace and, where there is one, to a second listener."""

    def __init__(self, pace: Pace, also: Progress | None) -> None:
        self._listeners: list[Progress] = [pace] if also is None else [pace, also]

    def begin(self, what: str, total: int | None = None) -> None:
        """Pass on the start of a stage."""
        for listener in self._listeners:
            listener.begin(what, total)

    def advance(self, steps: int = 1) -> None:
        """Pass on steps."""
        for listener in self._listeners:
            listener.advance(steps)

    def end(self) -> None:
        """Pass on the end of a stage."""
        for listener in self._listeners:
            listener.end()
