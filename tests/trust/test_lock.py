"""Lock files: one holder at a time, across processes; a holder that is killed lets go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from veduta.lock import Held, locked, take

HOLD = """
import sys
from pathlib import Path
from veduta.lock import take
take(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """A process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_one_holds_it_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as process:
        told: list[str] = []
        with pytest.raises(Held):
            take(path, 0.12, lambda: told.append("waiting"))
        assert told == ["waiting"]
        process.kill()
        process.wait()
        with locked(path, wait=10), pytest.raises(Held):
            take(path, wait=0)
    os.close(take(path, wait=0))


def test_who_waits_gets_it_next(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as process:

        def go() -> None:
            assert process.stdin is not None
            process.stdin.close()

        os.close(take(path, waiting=go))


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        take(tmp_path / "nowhere" / "lock")
