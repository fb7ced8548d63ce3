"""Long work on pictures in the background, each piece stoppable: renders, and beside them what is made of photos."""

from __future__ import annotations

import datetime
import itertools
import logging
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from veduta.errors import VedutaError
from veduta.progress import Progress
from veduta.server.cleaning import Breakable, Stopped
from veduta.server.models.edit import JobKind, JobOut
from veduta.server.problem import Refused

log = logging.getLogger("veduta.server")
PATIENCE_AT_THE_END = 20.0
REMEMBERED = 100
MOST_WAITING = 200
MOST_FILES = 10

State = Literal["waiting", "running", "stopping", "stopped", "done", "failed"]
# What comes out: the number of a version, a file for whoever asked, or what is to be told.
Made = int | Path | dict[str, Any] | None
Work = Callable[[Progress], Made]


class Stages(Breakable):
    """A breakable pace that knows how many stages there will be."""

    def __init__(self, expected: int | None) -> None:
        super().__init__()
        self._expected = expected
        self._begun = 0

    def begin(self, what: str, total: int | None = None) -> None:
        """Start a stage."""
        super().begin(what, total)
        self._begun += 1

    def fraction(self) -> float | None:
        """Return how much of the whole is done; None where that is not known."""
        part = self.done / self.total if self.total else 0.0
        if self._expected is None:
            return part if self.total else None
        return min(1.0, (max(0, self._begun - 1) + part) / self._expected)


@dataclass(eq=False)
class Job:
    """One piece of work; `version_id` is what it renders or what came out of it."""

    id: str
    kind: JobKind
    photo_id: int | None
    version_id: int | None
    work: Work
    pace: Stages
    state: State = "waiting"
    message: str | None = None
    file: Path | None = None
    result: dict[str, Any] | None = None
    started: datetime.datetime | None = None
    finished: datetime.datetime | None = field(default=None)

    @property
    def quick(self) -> bool:
        """Whether somebody waits for it who has saved a version."""
        return self.kind == "render"

    def told(self) -> JobOut:
        """Return it as the interface shows it."""
        state = "stopping" if self.state == "running" and self.pace.stop.is_set() else self.state
        running = self.state == "running"
        return JobOut(
            id=self.id,
            kind=self.kind,
            photo_id=self.photo_id,
            version_id=self.version_id,
            state=state,
            stage=self.pace.stage if running else None,
            done=self.pace.done if running else 0,
            total=self.pace.total if running else None,
            fraction=1.0 if self.state == "done" else self.pace.fraction() if running else None,
            message=self.message,
            file=None if self.file is None else f"/api/edit/jobs/{self.id}/file",
            result=self.result,
            started=self.started,
            finished=self.finished,
        )


class Renders:
    """Does renders one after the other, and all else beside them in another thread; safe to use from several threads.

    Whoever saves a version does not wait for what takes hours. Nothing of jobs is kept on disk: a version whose file is
    missing is rendered when somebody asks for it.
    """

    def __init__(self, changed: Callable[[], None] | None = None) -> None:
        self._changed = changed or (lambda: None)
        self._condition = threading.Condition()
        self._numbers = itertools.count(1)
        self._waiting: dict[bool, deque[Job]] = {True: deque(), False: deque()}
        self._all: deque[Job] = deque(maxlen=REMEMBERED + MOST_WAITING)
        self._threads: dict[bool, threading.Thread] = {}
        self._closing = False
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def new_file(self, suffix: str) -> Path:
        """A place for a file that a job makes; it goes when newer ones come, and at the end."""
        with self._condition:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="veduta-made-")
            return Path(self._folder.name) / f"{next(self._numbers)}{suffix}"

    def file(self, job_id: str) -> Path:
        """The file that a job has made; raises Refused when there is none (any more)."""
        with self._condition:
            found = self._find(job_id).file
        if found is None or not found.is_file():
            raise Refused(404, f"job {job_id} has no file (any more)")
        return found

    def add(
        self,
        kind: JobKind,
        photo_id: int | None,
        version_id: int | None,
        work: Work,
        stages: int | None = None,
    ) -> JobOut:
        """Queue a job; one that waits for the same version is taken instead. Raises Refused."""
        with self._condition:
            if self._closing:
                raise Refused(503, "Veduta is being stopped")
            waiting = self._waiting[kind == "render"]
            for job in waiting:
                if kind == "render" and job.version_id == version_id:
                    return job.told()
            if len(waiting) >= MOST_WAITING:
                raise Refused(409, f"{MOST_WAITING} renders are waiting already; let some of them finish")
            job = Job(f"r{next(self._numbers)}", kind, photo_id, version_id, work, Stages(stages))
            waiting.append(job)
            self._all.appendleft(job)
            if job.quick not in self._threads:
                thread = threading.Thread(
                    target=self._work, args=(job.quick,), name="veduta-render", daemon=True
                )
                self._threads[job.quick] = thread
                thread.start()
            self._condition.notify_all()
            return job.told()

    def jobs(self) -> list[JobOut]:
        """Return the last jobs, newest first."""
        with self._condition:
            return [job.told() for job in itertools.islice(self._all, REMEMBERED)]

    def get(self, job_id: str) -> JobOut:
        """Return a job; raises Refused when it is not known (any more)."""
        with self._condition:
            return self._find(job_id).told()

    def stop(self, job_id: str) -> JobOut:
        """Stop a job at its next step; one that is over stays as it is."""
        with self._condition:
            job = self._find(job_id)
            self._stop(job)
            return job.told()

    def forget(self, version_id: int) -> None:
        """Stop all that renders a version which changes or goes away."""
        with self._condition:
            for job in self._all:
                if job.kind == "render" and job.version_id == version_id:
                    self._stop(job)

    def close(self) -> None:
        """Stop for good, waiting for the step at hand."""
        with self._condition:
            self._closing = True
            for job in self._all:
                self._stop(job)
            self._condition.notify_all()
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(PATIENCE_AT_THE_END)
        if self._folder is not None:
            self._folder.cleanup()

    def _find(self, job_id: str) -> Job:
        for job in self._all:
            if job.id == job_id:
                return job
        raise Refused(404, f"there is no job {job_id} (any more)")

    def _stop(self, job: Job) -> None:
        job.pace.stop.set()
        if job.state == "waiting":
            self._waiting[job.quick].remove(job)
            job.state, job.finished = "stopped", datetime.datetime.now(datetime.UTC)

    def _work(self, quick: bool) -> None:
        waiting = self._waiting[quick]
        while True:
            with self._condition:
                while not waiting and not self._closing:
                    self._condition.wait()
                if self._closing:
                    return
                job = waiting.popleft()
                job.state, job.started = "running", datetime.datetime.now(datetime.UTC)
            state, message, made = self._run(job)
            self._changed()
            with self._condition:
                job.state, job.message = state, message
                if isinstance(made, Path):
                    job.file = made
                    self._drop_files()
                elif isinstance(made, dict):
                    job.result = made
                elif made is not None:
                    job.version_id = made
                job.finished = datetime.datetime.now(datetime.UTC)
                job.work = _nothing  # what it held can go

    def _drop_files(self) -> None:
        for old in [job for job in self._all if job.file is not None][MOST_FILES:]:
            if old.file is not None:
                old.file.unlink(missing_ok=True)
            old.file = None

    def _run(self, job: Job) -> tuple[State, str | None, Made]:
        try:
            return "done", None, job.work(job.pace)
        except Stopped:
            return "stopped", None, None
        except VedutaError as error:
            return "failed", str(error), None
        except MemoryError:
            return "failed", "too large for this machine's memory", None
        except Exception as error:  # the library must go on being served
            log.exception("rendering stopped")
            return "failed", f"{type(error).__name__}: {error}", None


def _nothing(progress: Progress) -> None:
    return None
