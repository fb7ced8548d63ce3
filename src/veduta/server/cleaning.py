"""The cleaning of a bank in the background: one at a time, its progress readable at any moment."""

from __future__ import annotations

import datetime
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from veduta.errors import VedutaError
from veduta.landmarks.bank import Bank
from veduta.server.models.bank import CleaningOut
from veduta.server.pace import Pace
from veduta.server.problem import Refused

if TYPE_CHECKING:
    from veduta.landmarks.clean import Cleaning

log = logging.getLogger("veduta.server")
PATIENCE_AT_THE_END = 20.0


class Stopped(Exception):
    """Somebody wants the cleaning to stop."""


class Breakable(Pace):
    """A pace at whose steps the work stops once `stop` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = threading.Event()

    def begin(self, what: str, total: int | None = None) -> None:
        """Start a stage."""
        self._check()
        super().begin(what, total)

    def advance(self, steps: int = 1) -> None:
        """Move on."""
        self._check()
        super().advance(steps)

    def _check(self) -> None:
        if self.stop.is_set():
            raise Stopped


class Cleaner:
    """Cleans banks, one at a time; safe to use from several threads.

    A cleaning that is stopped keeps what it described, and has judged nothing: verdicts are written at its end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pace = Breakable()
        self._folder: Path | None = None
        self._state: Literal["idle", "running", "stopped", "done", "failed"] = "idle"
        self._message: str | None = None
        self._result: Cleaning | None = None
        self._finished: datetime.datetime | None = None
        self._closing = False

    def start(self, folder: Path) -> None:
        """Begin to clean the bank in `folder`; raises Refused while one is being cleaned."""
        with self._lock:
            if self._state == "running":
                raise Refused(409, f"{self._folder}: is being cleaned; wait for its end, or stop it")
            if self._closing:
                raise Refused(503, "Veduta is being stopped")
            self._folder, self._state, self._pace = folder, "running", Breakable()
            self._message = self._result = self._finished = None
            self._thread = threading.Thread(
                target=self._work, args=(folder, self._pace), name="veduta-clean", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Stop the present cleaning after the photos at hand."""
        with self._lock:
            self._pace.stop.set()

    def close(self) -> None:
        """Stop for good, waiting for the photos at hand."""
        with self._lock:
            self._closing = True
            self._pace.stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(PATIENCE_AT_THE_END)

    def state(self) -> CleaningOut:
        """Return how far it is."""
        with self._lock:
            result, stopping = self._result, self._state == "running" and self._pace.stop.is_set()
            return CleaningOut(
                state="stopping" if stopping else self._state,
                folder=None if self._folder is None else str(self._folder),
                stage=self._pace.stage,
                done=self._pace.done,
                total=self._pace.total,
                message=self._message,
                judged=result.judged if result else 0,
                dropped=result.dropped if result else 0,
                suspicious=len(result.suspicious) if result else 0,
                finished=self._finished,
            )

    def _work(self, folder: Path, pace: Breakable) -> None:
        result: Cleaning | None = None
        message: str | None = None
        state: Literal["stopped", "done", "failed"] = "done"
        try:
            from veduta.landmarks.clean import clean

            # Opened here: a connection belongs to its thread.
            with Bank.open(folder) as bank:
                result = clean(bank, pace)
        except Stopped:
            state = "stopped"
        except VedutaError as error:
            state, message = "failed", str(error)
        except Exception as error:  # the library must go on being served
            log.exception("cleaning stopped")
            state, message = "failed", f"{type(error).__name__}: {error}"
        pace.end()
        with self._lock:
            self._state, self._message, self._result = state, message, result
            self._finished = datetime.datetime.now(datetime.UTC)
