"""A command that is killed at any moment goes on where it was, ends as an undisturbed one, and leaves nothing half."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from veduta.cli.app import main
from veduta.files import sweep, write_bytes

# Kills itself at the n-th event of a kind: a photo is opened, or a file that was written is put in its place.
KILLED = """
import os, signal, sys
event, number, beginning = sys.argv[1], int(sys.argv[2]), sys.argv[3]
def hook(name, arguments):
    global number
    if name == event and str(arguments[0]).startswith(beginning):
        number -= 1
        if number < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
sys.argv = ["veduta", *sys.argv[4:]]
from veduta.cli.app import main
main()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight photos, two of them alike and one of them broken, and a film beside them."""
    photos = tmp_path / "photos"
    photos.mkdir()
    whole = data.coffee()
    for number in range(6):
        Image.fromarray(whole[30 * number :][:60, 40 * number :][:, :90]).save(photos / f"{number}.png")
    (photos / "6.png").write_bytes((photos / "2.png").read_bytes())
    (photos / "7.png").write_bytes((photos / "3.png").read_bytes()[:500])
    return photos


def _run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["veduta", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def _killed(event: str, number: int, beginning: Path, *words: object) -> None:
    told = [event, str(number), str(beginning), *map(str, words)]
    done = subprocess.run([sys.executable, "-c", KILLED, *told], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".png", ".jpg", ".csv")
    }


def _whole(folder: Path) -> None:
    """Pictures that are seen in a folder are whole; what is half is hidden, and made old here to be swept."""
    for path in folder.rglob("*"):
        if path.suffix in (".png", ".jpg"):
            with Image.open(path) as picture:
                picture.load()
        elif path.suffix == ".part":
            assert path.name.startswith(".")
            os.utime(path, (0, 0))


COMMANDS = {
    "augment": ("os.rename", 7, ("learn", "augment", "{}", "--copies", "2", "--workers", "2", "-o")),
    "prepare": ("os.rename", 3, ("learn", "prepare", "{}", "-o")),
    "upscale": ("os.rename", 3, ("upscale", "{}", "-o")),
    "sketch": ("os.rename", 3, ("sketch", "{}", "-o")),
    "adjust": ("os.rename", 3, ("adjust", "{}", "--exposure", "1", "-o")),
    "clean": ("open", 5, ("learn", "clean", "{}", "--no-labels", "--threads", "2", "-o")),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_commands_go_on(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, number, template = COMMANDS[name]
    words = [word.format(folder) for word in template]
    originals = _files(folder)
    status = 0 if name == "clean" else 1  # one photo is broken, which is what cleaning finds
    assert _run(monkeypatch, *words, tmp_path / "calm") == status
    out = tmp_path / "out"
    _killed(event, number, folder if event == "open" else out, *words, out)
    if out.exists():
        _whole(out)
    assert _run(monkeypatch, *words, out) == status
    assert _files(out) == _files(tmp_path / "calm")
    assert not list(out.rglob("*.part"))
    assert _files(folder) == originals


def test_a_killed_film_is_painted_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: object
) -> None:
    import av

    film = tmp_path / "films" / "film.mp4"
    film.parent.mkdir()
    with av.open(str(film), "w") as made:
        stream = made.add_stream("mpeg4", 8)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(data.coffee()[number:][:48, :64]), "rgb24"
            )
            made.mux(stream.encode(frame))
        made.mux(stream.encode())
    before, out = film.read_bytes(), tmp_path / "out"
    words = ("style", film.parent, "--style", "starlit", "-o", out)
    (out / "old").mkdir(parents=True)
    _killed("os.rename", 0, out, *words)
    assert not (out / "film.mp4").exists() and len(list(out.glob(".film.mp4.*.part"))) == 1
    _whole(out)
    assert _run(monkeypatch, *words) == 0
    with av.open(str(out / "film.mp4")) as painted:
        assert sum(1 for _ in painted.decode(video=0)) == 4
    assert film.read_bytes() == before
    told = [json.loads(line) for line in (out / "styled.jsonl").read_text().splitlines()]
    assert [one["result"]["error"] for one in told] == [None]
    assert not list(out.rglob("*.part"))


def test_only_what_the_dead_forgot_is_swept(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    kept = [tmp_path / f".a.png.{os.getpid()}-x.part", tmp_path / ".mine.part", tmp_path / "b.part"]
    fresh, old = tmp_path / f".c.png.{gone.pid}-x.part", tmp_path / "in" / f".d.png.{gone.pid}-x.part"
    old.parent.mkdir()
    for path in (*kept, fresh, old):
        path.write_bytes(b"half")
        os.utime(path, None if path == fresh else (0, 0))
    sweep(tmp_path)
    assert old.exists()
    sweep(tmp_path, deep=True)
    assert all(path.exists() for path in (*kept, fresh)) and not old.exists()


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"out\.png") as told:
        write_bytes(tmp_path / "file" / "out.png", b"")
    assert told.value.filename == str(tmp_path / "file" / "out.png")
