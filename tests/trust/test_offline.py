"""After set-up nothing touches a network: the main job runs where there is none, and does not even try."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from veduta.nets.store import ModelStore

# Python raises an audit event before each connection and each name look-up, whichever library asks for it.
WATCHED = """
import sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        address = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        if not isinstance(address, (str, bytes)) or event.startswith("socket.get"):
            print("NETWORK", event, address, flush=True)
sys.addaudithook(watch)
from veduta.cli.app import main
main()
"""


def run_without_network(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `veduta` with connections watched and, where the system lets us, with no network device at all."""
    command = [sys.executable, "-c", WATCHED, *arguments]
    if (
        shutil.which("unshare")
        and subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
    ):
        command = ["unshare", "-rn", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_photos_are_added_and_found_without_a_network(
    store: ModelStore, photographs: Path, tmp_path: Path
) -> None:
    folder, library = tmp_path / "photos", tmp_path / "library"
    folder.mkdir()
    for name in ("chelsea.png", "astronaut.png"):
        shutil.copy(photographs / name, folder / name)
    for arguments in (
        ("add", str(folder), "--library", str(library)),
        ("search", "cat", "--library", str(library), "--json"),
        ("see", str(folder / "chelsea.png"), "--json"),
    ):
        run = run_without_network(*arguments)
        assert run.returncode == 0, f"veduta {arguments[0]}: {run.stdout}{run.stderr}"
        assert "NETWORK" not in run.stdout, run.stdout
        if arguments[0] == "search":
            assert "chelsea.png" in run.stdout
