"""What cannot be done as asked is refused by every command alike: status 2, one line that names it, nothing written."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from veduta.cli.app import main

Snapshot = dict[str, bytes | None]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures and files of every kind that a command may be given by mistake."""
    root = tmp_path_factory.mktemp("world")
    for folder in ("photos", "empty", "left", "right", "bad", "mixed"):
        (root / folder).mkdir()
    view = data.coffee()[60:132, 100:196]
    for name in ("photos/a.png", "photos/b.png", "photo.png", "left/1.png", "left/2.png", "right/1.png"):
        Image.fromarray(view).save(root / name)
    Image.fromarray(view).save(root / "photo.jpg", quality=90)
    Image.fromarray(data.chelsea()[40:140, 100:200]).save(root / "painting.png")
    Image.fromarray(view[:40, :50]).save(root / "small.png")
    Image.fromarray(view[:, :95]).save(root / "odd.png")
    Image.fromarray(view[..., 0]).save(root / "gray.png")
    Image.fromarray(np.dstack([view, view[..., :1]])).save(root / "alpha.png")
    Image.fromarray(view[..., 0].astype(np.uint16) * 257).save(root / "deep.png")
    Image.fromarray(view[:1, :1]).save(root / "dot.png")
    Image.fromarray(np.resize(view, (5000, 1, 3))).save(root / "tall.png")
    Image.fromarray(np.resize(view, (1, 5000, 3))).save(root / "wide.png")
    whole = (root / "photo.jpg").read_bytes()
    for name, content in (
        ("text.jpg", b"no picture at all\n" * 20),
        ("empty.jpg", b""),
        ("cut.jpg", whole[: len(whole) // 2]),
        ("bad/text.jpg", b"no picture at all\n" * 20),
        ("file", b"a file\n"),
        ("broken.json", b"{"),
        ("other.json", b'{"kind": "something else"}'),
        ("broken.toml", b"= ["),
        ("other.toml", b"fruit = 'apple'"),
        ("broken.csv", b"\xff\xfe\x00fruit\n"),
        ("other.csv", b"fruit,color\napple,red\n"),
        ("text.npz", b"no arrays\n" * 20),
        ("text.npy", b"no array\n" * 20),
        ("text.onnx", b"no network\n" * 20),
        ("empty.txt", b""),
    ):
        (root / name).write_bytes(content)
    (root / "mixed" / "good.png").write_bytes((root / "photo.png").read_bytes())
    np.save(root / "nan.npy", np.full((8, 8), np.nan))
    np.save(root / "flat.npy", np.zeros(8))
    return root


def _snapshot(root: Path) -> Snapshot:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


def _restore(root: Path, before: Snapshot) -> None:
    for path in sorted(root.rglob("*"), reverse=True):
        name = path.relative_to(root).as_posix()
        if name not in before:
            path.rmdir() if path.is_dir() else path.unlink()
        elif path.is_file() and path.read_bytes() != before[name]:
            path.write_bytes(before[name] or b"")


Refuse = Callable[..., None]
Run = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def run(world: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command line in the world; gives status, output and what was said."""
    monkeypatch.chdir(world)

    def runner(line: str) -> tuple[int, str, str]:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["veduta", *shlex.split(line)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, told.out, told.err

    yield runner


@pytest.fixture
def refused(world: Path, run: Run) -> Refuse:
    """Run a command line that must be refused, and give the line that says why."""

    def check(line: str, *told: str) -> None:
        before = _snapshot(world)
        try:
            status, out, said = run(line)
            assert status == 2, (status, out, said)
            assert len(_without_stages(said)) == 1 and not out, (out, said)
            for one in told:
                assert one in said, (one, said)
            assert _snapshot(world) == before
        finally:
            _restore(world, before)

    return check


def _without_stages(said: str) -> list[str]:
    """The lines but for those that begin a stage of the work, as `reading: 12`."""
    return [line for line in said.splitlines() if not re.fullmatch(r"[a-z ]+(: \d+)?", line)]


# Each takes a picture at {}; what is refused is told with the name of its file.
PICTURES = {
    "adjust": "adjust {} -o out.jpg --exposure 1",
    "adjust small": "adjust {} -o out --side 64",
    "adjust gray": "adjust {} -o out --gray 0.5,0.5",
    "sketch": "sketch {} -o out.jpg",
    "sketch folder": "sketch {} -o out",
    "upscale": "upscale {} -o out.png",
    "upscale folder": "upscale {} -o out --by 4",
    "hide": "hide {} --text hello -o out.png",
    "hide robust": "hide {} --text hello --robust -o out",
    "hide picture": "hide photo.png --picture {} -o out.png",
    "hide capacity": "hide {} --capacity",
    "reveal": "reveal {}",
    "erase": "erase {} --what gray.png -o out.png",
    "erase mask": "erase photo.png --what {} -o out.png",
    "match a": "match {} photo.png",
    "match b": "match photo.png {} --draw out.png",
    "fuse": "fuse {} photo.png -o out.png",
    "fuse second": "fuse photo.png {} -o out.png",
    "stack": "stack photo.png {} -o out.png",
    "depth left": "space depth {} photo.png -o out.png",
    "depth right": "space depth photo.png {} -o out.npy --preview",
    "depth both": "space depth {} -o out.png",
    "obstacles": "space obstacles {} photo.png --focal 900 --baseline 60 --shape-only --draw out.png",
    "parallax": "space parallax {} -o out.webp --ground 0.4",
    "parallax still": "space parallax {} -o out.png --ground 0.4 --save-depth map.png",
    "parallax map": "space parallax photo.png -o out.png --depth {}",
    "parallax right": "space parallax photo.png -o out.png --right {}",
    "parallax standing": "space parallax photo.png -o out.png --ground 0.4 --standing {}",
}
NETWORKS = {
    "style": "style {} --style starlit -o out.jpg",
    "style folder": "style {} --style starlit -o out",
    "style painting": "style photo.png --style {} -o out.jpg",
    "style blend": "style photo.png --blend painting.png,{} -o out.jpg",
    "learn style photo": "learn style photo {} painting.png -o out.png",
    "learn style painting": "learn style photo photo.png {} -o out.png",
    "learn style train": "learn style train {} photos -o out.npz",
}
UNREADABLE = ("missing.jpg", "text.jpg", "empty.jpg", "cut.jpg")


@pytest.mark.parametrize("bad", UNREADABLE)
@pytest.mark.parametrize("command", PICTURES)
def test_pictures_that_cannot_be_read(command: str, bad: str, refused: Refuse) -> None:
    refused(PICTURES[command].format(bad), bad)


@pytest.mark.parametrize("bad", UNREADABLE)
@pytest.mark.parametrize("command", NETWORKS)
def test_pictures_that_cannot_be_read_by_networks(
    command: str, bad: str, refused: Refuse, store: object
) -> None:
    refused(NETWORKS[command].format(bad), bad)


ONE_FILE = [name for name in PICTURES if name.startswith(("hide picture", "match a", "parallax"))]


@pytest.mark.parametrize("command", ONE_FILE)
def test_a_folder_where_a_file_is_wanted(command: str, refused: Refuse) -> None:
    refused(PICTURES[command].format("photos"), "photos")


@pytest.mark.parametrize("odd", ["gray.png", "alpha.png", "deep.png", "dot.png", "tall.png", "wide.png"])
@pytest.mark.parametrize("command", PICTURES)
def test_odd_pictures_are_done_or_refused(command: str, odd: str, world: Path, run: Run) -> None:
    """Done with a result, or refused with nothing written: never half of it, never a traceback."""
    before = _snapshot(world)
    try:
        status, out, said = run(PICTURES[command].format(odd))
        after = _snapshot(world)
    finally:
        _restore(world, before)
    assert {name: after.get(name) for name in before} == before
    new = set(after) - set(before)
    if status == 2:
        assert not new and not out and len(_without_stages(said)) == 1, (new, said)
    elif command == "reveal":
        assert status == 1 and not new and "no message" in said
    else:
        assert status == 0, (status, out, said)
        assert new or "-o " not in PICTURES[command]


REFUSED = """
landmarks bank missing --into out | missing: there is no such file
landmarks bank empty --into out | empty: no photos there
landmarks bank photos --into out | photos: no photos there
landmarks bank photo.png --into out | photo.png: is a photo
landmarks bank other.csv --into out | other.csv: no photos there
landmarks bank broken.csv --into out | broken.csv
landmarks bank . --into file | file: is a file
landmarks bank . --csv missing.csv --into out | missing.csv: cannot be read
landmarks bank . --others missing --into out | missing
landmarks bank . --others empty --into out | empty: no photos
landmarks clean missing | missing: holds no bank
landmarks clean photos | photos: holds no bank
landmarks clean photos --report bad | bad: is a folder
landmarks review file | file: holds no bank
landmarks build missing --out out | missing: holds no bank
landmarks build missing --out photos | photos: holds something
landmarks build missing --out file | file: is a file
landmarks evaluate missing --landmarks photos --others photos | missing: holds no atlas
landmarks evaluate default --landmarks photos --others empty | no labels.csv
landmarks use file | file: holds no atlas
landmarks drop nothing | nothing
landmarks recognize missing.jpg --atlas missing | missing: holds no atlas
landmarks recognize photos --map out.png | --map
landmarks recognize photo.png --map photo.png | write over
landmarks recognize empty | empty: no photos
landmarks recognize photo.png --why nowhere --map | --map
adjust empty -o out | empty: no photos there
sketch empty -o out | empty: no photos there
upscale empty -o out | empty: no photos there
style empty --style starlit -o out | empty: no photos there
hide empty --text x -o out | empty: no photos there
reveal empty | empty: no photos there
see empty | empty: no photos there
match photo.png empty | empty: no photos there
fuse empty -o out.png | empty
stack empty -o out.png | empty
erase empty --what cars -o out | empty: no photos there
redact empty --faces -o out | empty: no photos there
count empty | empty
learn augment empty -o out | empty: no pictures
learn clean empty -o out | empty
learn prepare empty -o out | empty: no p
learn style train painting.png empty -o out.npz | empty
space calibrate empty -o out.json | empty: no pictures
space depth empty -o out | empty: no pictures
space obstacles empty --focal 900 --baseline 60 | empty: no pictures
space slices empty -o out | empty
masks select photo.png --box 0,0,1 -o out.png | --box
masks select photo.png --point a,b -o out.png | --point
erase photo.png --what unicorns -o out.png | unicorns
erase photo.png --what missing.png -o out.png | missing.png
erase photo.png --what photo.jpg -o out.png | photo.jpg: masks are PNG
erase photo.png --what gray.png --method magic -o out.png | magic
erase small.png --what gray.png -o out.png | 50 x 40
erase photo.png --what gray.png -o photo.png | write over
redact photo.png -o out.png | --plates
redact photo.png --faces --style glitter -o out.png | glitter
count photo.png --plot out.png | --plot
see photo.png --recognizers nobody | nobody
adjust | which photos
adjust photo.png | with -o
sketch photo.png | --out
sketch -o out | PHOTO
hide photo.png -o out.png | --text
hide photo.png --text a --file file -o out.png | --text, --file or --picture
style photo.png -o out.png | --style or --blend
match photo.png | B...
space parallax photo.png -o out.png | --depth, --right, --network and --ground
space parallax photo.png -o out.png --ground 0.4 --depth gray.png | one of --depth
space parallax photo.png -o out.png --depth gray.png --standing gray.png | --ground
space depth photo.png photo.png -o out.png --focal 900 | --baseline
space depth photo.png photo.png -o out.png --rig broken.json --focal 9 --baseline 9 | --rig
space obstacles photo.png photo.png | known cameras
learn augment | which folder
learn augment photos | -o
learn augment file -o out | file: no such folder
learn augment photos -o photos | the pictures lie there
learn augment missing -o out | missing: no such folder
learn clean file -o out | file: no such folder
learn clean missing -o out | missing: no such folder
learn prepare file -o out | file
learn prepare missing -o out | missing
learn style train painting.png file -o out.npz | file
learn style train painting.png missing -o out.npz | missing
space calibrate missing -o out.json | missing
space calibrate left missing -o out.json | missing
space calibrate left right -o out.json | left holds 2 pictures and right 1
space calibrate left file -o out.json | two files or two folders
space depth left right -o out | left holds 2 pictures and right 1
space depth left photo.png -o out | two files or two folders
space depth photo.png small.png -o out.png | 96 x 72 and 50 x 40
space depth odd.png -o out.png | odd.png: 95 pixels wide
space obstacles photo.png small.png --focal 900 --baseline 60 --shape-only | 96 x 72 and 50 x 40
space obstacles left right --focal 900 --baseline 60 --shape-only | left holds 2
space parallax photo.png -o out.png --right small.png | 96 x 72 and 50 x 40
space parallax photo.png -o out.png --depth painting.png | 100 x 100
space parallax photo.png -o out.png --ground 0.4 --standing small.png | 50 x 40
space slices missing -o out | missing
space slices file -o out | file
learn augment bad -o out | bad
learn prepare bad -o out | text.jpg
space slices bad -o out | bad: 1 pictures
learn style train painting.png bad -o out.npz | photographs can be read
adjust photos -o out.jpg --exposure 1 | out.jpg: one file
sketch photo.png gray.png -o out.png | out.png: one file
erase photos --what cars -o out.jpg | out.jpg: one file
redact photos --faces -o out.jpg | out.jpg: one file
style photos --style starlit -o out.jpg | out.jpg: one file
adjust photo.png -o out.png --exposure 9 | exposure
adjust photo.png -o out.png --exposure -9 | exposure
adjust photo.png -o out.png --exposure nan | exposure
adjust photo.png -o out.png --contrast inf | contrast
adjust photo.png -o out.png --rotate 45 | --rotate
adjust photo.png -o out.png --straighten 60 | degrees
adjust photo.png -o out.png --straighten nan | degrees
adjust photo.png -o out.png --sharpen nan | amount
adjust photo.png -o out.png --crop 0,0,2,2 | crop
adjust photo.png -o out.png --crop 0,0,nan,1 | crop
adjust photo.png -o out.png --crop 0,0,1 | --crop
adjust photo.png -o out.png --crop a,b,c,d | --crop
adjust photo.png -o out.png --perspective 0,0 | corners
adjust photo.png -o out.png --perspective "0,0 1,0 1,1 0,nan" | corners
adjust photo.png -o out.png --gray 2,2 | --gray
adjust photo.png -o out.png --gray nan,0 | --gray
adjust photo.png -o out.png --side 3 | --side
adjust photo.png -o out.png --do melt | melt
adjust photo.png -o out.png --do denoise:heat=3 | heat
adjust photo.png -o out.png --do denoise:strength | NAME=VALUE
adjust photo.png -o out.png --do denoise:strength=nan | strength
adjust photo.png -o out.png --do denoise:strength=NaN | strength
adjust photo.png -o out.png --do deblur:radius=-1 | radius
adjust photo.png -o out.png --do deblur:radius=1e400 | radius
adjust photo.png -o out.png --edits missing.json | missing.json
adjust photo.png -o out.png --edits broken.json | broken.json
adjust photo.png -o out.png --edits other.json | other.json
adjust photo.png -o out.png --edits photo.png | photo.png
adjust photo.png -o out.png --edits photos | photos
sketch photo.png -o out.png --strength 1.5 | strength
sketch photo.png -o out.png --strength nan | strength
sketch photo.png -o out.png --lines 9 | lines
sketch photo.png -o out.png --lines inf | lines
sketch photo.png -o out.png --width 1 | width
sketch photo.png -o out.png --width 257 | width
sketch photo.png -o out.png --width x | --width
upscale photo.png -o out.png --by 3 | expected 2 or 4
upscale photo.png -o out.png --by 0 | expected 2 or 4
upscale photo.png -o out.png --method magic | magic
hide photo.png -o out.png --text x --robust --fidelity 10 | fidelity
hide photo.png -o out.png --text x --robust --fidelity nan | fidelity
hide photo.png -o out.jpg --text x | out.jpg: such a file does not keep every bit
hide photo.png -o out.png --file missing | missing
hide photo.png -o out.png --file photos | photos
hide photo.png -o out.png --text x --password-file missing | missing
hide photo.png -o out.png --text x --password-file empty.txt | empty password
hide photo.png -o out.png --text x --password-file photos | photos
hide dot.png -o out.png --text "far too much for it" | the message takes
reveal photo.png --password-file missing | missing
match photo.png painting.png --features surf | SURF
match photo.png painting.png --ratio 2 | --ratio
match photo.png painting.png --ratio nan | --ratio
match photo.png painting.png --side 3 | --side
match photo.png painting.png --draw out.xyz | out.xyz
match photo.png painting.png --draw photos | photos
match photo.png painting.png --stitch out.png | homography
match photo.png photos --stitch out.png | --stitch
fuse photo.png -o out.png | two frames
fuse photo.png photos/a.png -o out.png --by 9 | expected one of 1, 2, 3, 4
fuse photo.png photos/a.png -o out.png --motion wild | --motion
fuse photo.png photos/a.png -o out.png --region 0,0,1 | --region
fuse photo.png photos/a.png -o out.png --region 0,0,nan,1 | region
fuse photo.png photos/a.png -o out.png --region 0,0,2,2 | region
fuse photo.png photos/a.png -o out.png --frames 1 | --frames
fuse photo.png photos/a.png -o out.png --start -1 | --start
fuse photo.png photos/a.png -o out.xyz | out.xyz
fuse photo.png photos/a.png -o photos | photos
learn augment photos -o out --recipe missing.toml | missing.toml
learn augment photos -o out --recipe broken.toml | broken.toml
learn augment photos -o out --recipe other.toml | other.toml
learn augment photos -o out --recipe photos | photos
learn augment photos -o out --recipe photo.png | photo.png
learn augment photos -o out --copies 0 | --copies
learn augment photos -o out --seed -1 | --seed
learn augment photos -o out --side 2 | --side
learn augment photos -o out --format gif | --format
learn augment photos -o out --workers 0 | --workers
learn augment photos -o out --labels missing.json | missing.json
learn augment photos -o out --labels broken.json | broken.json
learn augment photos -o out --labels other.json | other.json
learn augment photos -o out --labels photos | photos
learn augment photos -o out --maps missing | missing
learn augment photos -o out --maps file | file
learn augment photos -o out --maps empty | no map of labels
learn augment photos --preview photos/a.png | write over
learn augment photos --preview out.jpg | --preview
learn augment photos --recipe photo.png --preview photo.png | photo.png
learn clean photos -o out --decisions missing.csv | missing.csv
learn clean photos -o out --decisions broken.csv | broken.csv
learn clean photos -o out --decisions other.csv | other.csv
learn clean photos -o out --decisions photos | photos
learn clean photos -o out --no-labels --list missing.csv | missing.csv
learn clean photos -o out --no-labels --list broken.csv | broken.csv
learn clean photos -o out --no-labels --list other.csv | other.csv
learn clean photos -o out --no-labels --list photos | photos
learn clean photos -o out --threads 0 | --threads
learn prepare photos -o out --stretch 2 | stretch
learn prepare photos -o out --stretch nan | stretch
learn prepare photos -o out --clahe 0 | clahe
learn prepare photos -o out --clahe nan | clahe
learn prepare photos -o out --clahe inf | clahe
learn prepare photos -o out --clahe 2 --tiles 0 | tiles
learn prepare photos -o out --space cmyk | cmyk
learn prepare photos -o out --normalize up | normalize
learn prepare photos -o out --standardize all | standardize
learn prepare photos -o out --format gif | format
learn prepare photos -o out --normalize signed --format png | npy
learn prepare photos -o out --like missing | --like
learn prepare photos -o out --standardize set --like missing | missing
learn prepare photos -o out --standardize set --like other.json | other.json
learn prepare photos -o out --standardize set --like photo.png | photo.png
space calibrate left -o out.json --board 9 | board
space calibrate left -o out.json --board 1x1 | board
space calibrate left left -o out.json --square 0 | square
space calibrate left left -o out.json --square nan | square
space calibrate left left -o out.json | usable pairs
space depth photo.png photo.png -o out.png --disparities 1 | --disparities
space depth photo.png photo.png -o out.png --method magic | --method
space depth photo.png photo.png -o out.jpg | .npy
space depth left left -o out --as jpg | --as
space depth photo.png photo.png -o out.png --rig missing.json | missing.json
space depth photo.png photo.png -o out.png --rig broken.json | broken.json
space depth photo.png photo.png -o out.png --rig other.json | other.json
space depth photo.png photo.png -o out.png --rig photo.png | photo.png
space depth photo.png photo.png -o out.png --focal -1 --baseline 60 | focal
space depth photo.png photo.png -o out.png --focal nan --baseline 60 | focal
space depth photo.png photo.png -o out.png --focal 900 --baseline inf | baseline
space depth photo.png photo.png -o out.png --focal 900 --baseline 60 --offset nan | offset
space obstacles photo.png photo.png --focal 900 --baseline 60 --high 0 | --high
space obstacles photo.png photo.png --focal 900 --baseline 60 --high nan | --high
space obstacles photo.png photo.png --focal 900 --baseline 60 --kinds missing.toml | missing.toml
space obstacles photo.png photo.png --focal 900 --baseline 60 --kinds broken.toml | broken.toml
space obstacles photo.png photo.png --focal 900 --baseline 60 --kinds other.toml | other.toml
space obstacles photo.png photo.png --focal 900 --baseline 60 --kinds photo.png | photo.png
space obstacles photo.png photo.png --focal 900 --baseline 60 --shape-only --draw out.jpg | --draw
space obstacles photo.png photo.png --focal 900 --baseline 60 --recognizer nobody | nobody
space parallax photo.png -o out.xyz --ground 0.4 | out.xyz
space parallax photo.png -o out.png --ground 2 | horizon
space parallax photo.png -o out.png --ground nan | horizon
space parallax photo.png -o out.png --ground 0.4 --strength 99 | --strength
space parallax photo.png -o out.png --ground 0.4 --strength nan | strength
space parallax photo.png -o out.png --ground 0.4 --strength -1 | strength
space parallax photo.png -o out.png --ground 0.4 --focus 2 | focus
space parallax photo.png -o out.png --ground 0.4 --focus nan | focus
space parallax photo.png -o out.png --ground 0.4 --side 3 | --side
space parallax photo.png -o out.png --ground 0.4 --show cinema | --show
space parallax photo.png -o out.webp --ground 0.4 --path zigzag | zigzag
space parallax photo.png -o out.webp --ground 0.4 --seconds 0 | --seconds
space parallax photo.png -o out.webp --ground 0.4 --seconds nan | --seconds
space parallax photo.png -o out.webp --ground 0.4 --fps 0 | frames a second
space parallax photo.png -o out.webp --ground 0.4 --fps nan | frames a second
space parallax photo.png -o out.png --depth text.npy | text.npy
space parallax photo.png -o out.png --depth flat.npy | flat.npy
space parallax photo.png -o out.png --depth nan.npy | nan.npy
space parallax photo.png -o out.png --network text.onnx | text.onnx
space parallax photo.png -o out.png --network missing.onnx | missing.onnx
space parallax photo.png -o out.png --ground 0.4 --save-depth file/map.png | file
space slices left -o out --pixel 0 | pixel
space slices left -o out --pixel nan | pixel
space slices left -o out --thickness -1 | thickness
space slices left -o out --thickness inf | thickness
space slices left -o out --edge 0 | edge
space slices left -o out --edge nan | edge
space slices left -o out --turn 999 | turn
space slices left -o out --turn nan | turn
space slices left -o out --ground blue | --ground
space slices left -o out --threshold 300 | threshold
space slices left -o out --opening -1 | opening
space slices left -o out --closing -1 | closing
space slices left -o out --least 2 | least
space slices left -o out --least nan | least
learn style photo photo.png painting.png -o out.png --side 9 | side
learn style photo photo.png painting.png -o out.png --rounds 0 | rounds
learn style photo photo.png painting.png -o out.png --weight nan | style
learn style photo photo.png painting.png -o out.png --weight -1 | style
learn style photo photo.png painting.png -o out.png --seed -1 | --seed
learn style photo photo.png painting.png -o out.gif | -o
learn style photo photo.png painting.png -o out.png --vgg missing.pth | missing.pth
learn style photo photo.png painting.png -o out.png --vgg file | file
learn style photo photo.png painting.png -o out.png --vgg text.npz | text.npz
learn style train painting.png photos -o out.npz --steps 0 | steps
learn style train painting.png photos -o out.npz --side 70 | 32
learn style train painting.png photos -o out.npz --batch 0 | batch
learn style train painting.png photos -o out.npz --weight inf | style
learn style train painting.png photos -o out.onnx | -o
adjust photo.png -o photo.png --exposure 1 | write over
adjust photos -o photos --exposure 1 | write over
adjust photos -o file --exposure 1 | file: is a file
adjust photo.png -o file/out.png | file
sketch photos -o photos | write over
sketch photo.png -o photo.png | write over
sketch photos -o file | file: is a file
sketch photo.png -o file/out.png | file
upscale photo.png -o photo.png | write over
upscale photos -o file | file: is a file
upscale photos -o file/below | file: is a file
upscale photo.png -o out.xyz | out.xyz
hide photo.png -o photo.png --text x | write over
hide photos -o photos --text x | write over
hide photos -o file --text x | file: is a file
reveal photo.png -o file | file: is a file
match photo.png painting.png --draw photo.png | write over
match photo.png photos --draw photos/a.png | write over
match photo.png painting.png --draw file/out.png | file
fuse photo.png photos/a.png -o photo.png | write over
fuse photo.png photos/a.png -o file/out.png | file
stack photo.png photos/a.png -o photo.png | write over
learn augment photos -o photos | photos
learn augment photos -o file | file
learn clean photos --no-labels -o file | file
learn prepare photos -o photos | photos
learn prepare photos -o file | file
learn style photo photo.png painting.png -o photo.png | write over
learn style photo photo.png painting.png -o file/out.png | file
learn style train painting.png photos -o file/out.npz | file
space calibrate left left -o left | left
space calibrate left left -o file/rig.json | file
space depth photo.png photo.png -o photo.png | write over
space depth left left -o left | write over
space depth left left -o file | file
space obstacles photo.png photo.png --focal 900 --baseline 60 --shape-only --draw photo.png | write over
space parallax photo.png -o photo.png --ground 0.4 | write over
space parallax photo.png -o out.png --ground 0.4 --save-depth photo.png | write over
space parallax photo.png -o file/out.png --ground 0.4 | file
space parallax photo.png -o photos --ground 0.4 | photos
space slices left -o left | left
space slices left -o file | file
sketch photo.png -o /proc/veduta/out.png | /proc/veduta
"""
STYLED = """
style photo.png --style starlit -o out.png --strength 2 | strength
style photo.png --style starlit -o out.png --strength nan | strength
style photo.png --style starlit -o out.png --smooth nan | smooth
style photo.png --style starlit -o out.png --smooth 1 | smooth
style photo.png --style starlit -o out.png --side 3 | side
style photo.png --style starlit -o out.png --side -1 | --side
style photo.png --style nobody -o out.png | nobody
style photo.png --style text.npz -o out.png | text.npz
style photo.png --style missing.npz -o out.png | missing.npz
style photo.png --style photos -o out.png | photos
style photo.png --blend starlit:nan,mist:1 -o out.png | shares
style photo.png --blend starlit:-1,mist:1 -o out.png | shares
style photo.png --blend starlit:0 -o out.png | blend
style photo.png --blend , -o out.png | blend
style photo.png --blend starlit,painting.png -o out.png | painting
style photo.png --style starlit -o photo.png | write over
style photos --style starlit -o photos | write over
style photos --style starlit -o file | file: is a file
style photo.png --style starlit -o out.xyz | out.xyz
"""


def _cases(text: str) -> list[tuple[str, str]]:
    return [tuple(line.split(" | ")) for line in text.strip().splitlines()]  # type: ignore[misc]


@pytest.mark.parametrize(("line", "told"), _cases(REFUSED))
def test_what_makes_no_sense_is_refused(line: str, told: str, refused: Refuse) -> None:
    refused(line, told)


@pytest.mark.parametrize(("line", "told"), _cases(STYLED))
def test_styles_that_make_no_sense_are_refused(line: str, told: str, refused: Refuse, store: object) -> None:
    refused(line, told)


# Each takes a folder at {0} in which one picture of many is bad; "2.png" tells where the result of a good one is.
LISTS = {
    "adjust": ("adjust {0} -o {1} --exposure 1", "2.png"),
    "sketch": ("sketch {0} -o {1}", "2.png"),
    "upscale": ("upscale {0} -o {1}", "2-x2.png"),
    "hide": ("hide {0} --text hello -o {1}", "2.png"),
    "hide capacity": ("hide {0} --capacity", ""),
    "see": ("see {0} --recognizers quality --draw {1}", "2.jpg"),
    "match": ("match photo.png {0} --draw {1}/drawn.png", "drawn.png"),
    "augment": ("learn augment {0} --copies 1 -o {1}", "2_0001.jpg"),
    "prepare": ("learn prepare {0} -o {1}", "2.png"),
    "depth": ("space depth {0} {0} --as npy -o {1}", "2.npy"),
}


@pytest.mark.parametrize("command", LISTS)
def test_one_bad_picture_of_many_is_named_and_the_others_are_done(
    command: str, world: Path, tmp_path: Path, run: Run
) -> None:
    folder, out = tmp_path / "many", tmp_path / "out"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.png").write_bytes((world / "photo.png").read_bytes())
    (folder / "7.png").write_bytes((world / "photo.png").read_bytes()[:300])
    before = _snapshot(folder)
    line, made = LISTS[command]
    status, told, said = run(line.format(folder, out))
    assert status == 1, (status, told, said)
    named = [one for one in (*_without_stages(said), *told.splitlines()) if "7.png" in one]
    assert named, (told, said)
    assert not any(f"{number}.png" in one for one in named for number in (2, 11))
    assert _snapshot(folder) == before
    if made:
        assert (out / made).is_file(), sorted(out.rglob("*"))
        assert not list(out.rglob("7*"))
    else:
        assert len(told.splitlines()) == 11
