"""`veduta up`, as a process of its own."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from veduta.cli.up import CannotServe, listen


class Served:
    """A running `veduta up`; `told` is what it has written to its error stream."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.told = ""

    def until(self, pattern: str, seconds: float = 60.0) -> re.Match[str]:
        """Wait until it has written something."""
        assert self.process.stderr is not None
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.told)):
            assert time.monotonic() < end, self.told
            ready, _, _ = select.select([self.process.stderr], [], [], 0.2)
            if ready:
                data = os.read(self.process.stderr.fileno(), 65536)
                assert data or re.search(pattern, self.told), f"it ended: {self.told}"
                self.told += data.decode("utf-8", "replace")
        return found

    def get(self, path: str) -> Any:
        """What the API answers."""
        url = self.until(r"Veduta is at (http://\S+)/").group(1)
        with urllib.request.urlopen(url + path, timeout=30) as answer:
            return json.loads(answer.read())

    def stop(self, sig: int = signal.SIGINT) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(sig)
        _, rest = self.process.communicate(timeout=60)
        self.told += rest.decode("utf-8", "replace")
        return self.process.returncode


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home without networks."""
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three pictures."""
    place = tmp_path / "pictures"
    place.mkdir()
    for number in range(3):
        Image.new("RGB", (90 + number, 60), (number * 60, 100, 50)).save(place / f"{number}.jpg")
    return place


def command(*arguments: str | Path) -> list[str]:
    """The command line of `veduta up`."""
    return [sys.executable, "-m", "veduta", "up", "--no-browser", "--no-pull", *map(str, arguments)]


def run(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `veduta up` that is expected to refuse."""
    environment = {**os.environ, "VEDUTA_HOME": str(home), "VEDUTA_MODELS": str(home / "models")}
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture
def up(home: Path) -> Iterator[Any]:
    """Start `veduta up` on a free port; stopped at the end."""
    running: list[Served] = []
    environment = {**os.environ, "VEDUTA_HOME": str(home), "VEDUTA_MODELS": str(home / "models")}

    def start(*arguments: str | Path) -> Served:
        process = subprocess.Popen(
            command("--port", "0", *arguments),
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
        )
        running.append(Served(process))
        return running[-1]

    yield start
    for served in running:
        if served.process.poll() is None:
            served.process.kill()
        served.process.communicate()


def test_folders_are_added_and_kept(up: Any, folder: Path, home: Path) -> None:
    served = up(folder)
    served.until(r"3 photos")
    status = served.get("/api/status")
    assert status["photos"] == 3 and status["state"] in ("idle", "running")
    assert "faces" in status["missing_models"]
    assert "veduta models pull" in served.told
    assert [f["path"] for f in served.get("/api/folders")] == [str(folder)]
    assert served.stop() == 0
    assert "Traceback" not in served.told and "nothing is lost" in served.told
    Image.new("RGB", (50, 50), "red").save(folder / "new.jpg")
    again = up()
    again.until(r"4 photos")
    assert again.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
    assert "Traceback" not in again.told


def test_nothing_heavy_is_loaded_to_be_ready(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import veduta.cli.up; from veduta.server.app import create_app;"
        "from veduta.server.census import status; app = create_app(Path(sys.argv[1]), background=False);"
        "status(app.state.context); app.openapi;"
        "heavy = {'openvino', 'sklearn', 'scipy', 'faiss', 'torch', 'cv2', 'PIL', 'alembic.script'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    # The first run makes the catalog, which takes Alembic.
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code, str(home / "library")], capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() == "[]"


def test_port_taken(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotServe, match=rf"port {port} is taken.*--port"):
            listen("127.0.0.1", port)
        done = run(home, "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr and "Traceback" not in done.stderr


def test_other_addresses_need_a_password(home: Path, tmp_path: Path) -> None:
    done = run(home, "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1 and "access password" in done.stderr
    short = tmp_path / "short"
    short.write_text("abc\n")
    done = run(home, "--host", "0.0.0.0", "--port", "0", "--password-file", short)
    assert done.returncode == 1 and "too short" in done.stderr
    done = run(home, "--host", "0.0.0.0", "--port", "0", "--no-password")
    assert done.returncode == 2


def test_password_is_kept(up: Any, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse battery\n")
    served = up("--host", "0.0.0.0", "--password-file", file)
    assert served.get("/api/session")["required"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        served.get("/api/status")
    assert served.stop() == 0
    again = up()
    assert again.get("/api/session") == {"required": True, "active": False, "expires": None}
    assert again.stop() == 0
    free = up("--no-password")
    assert free.get("/api/session")["active"]
    assert free.stop() == 0


def test_wrong_usage(home: Path, tmp_path: Path) -> None:
    done = run(home, tmp_path / "nothing")
    assert done.returncode == 2 and "no such folder" in done.stderr
    assert run(home, "--port", "99999").returncode == 2
    done = run(home, "--host", "203.0.113.7", "--port", "0")
    assert done.returncode == 1 and "203.0.113.7" in done.stderr and "Traceback" not in done.stderr
