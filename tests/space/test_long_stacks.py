"""Long stacks: in files instead of memory, gone on with after a kill, with sections that are no good."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.phantom import phantom
from numpy.typing import NDArray
from scipy import ndimage
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.errors import UnreadableImage
from veduta.space import mesh as meshes
from veduta.space import segmentation
from veduta.space.journal import Journal
from veduta.space.sections import BadSections, read_sections
from veduta.space.segmentation import Wish, segment
from veduta.space.stack import Made, Stack
from veduta.space.volume import isotropic
from veduta.space.workplace import place, workplace


def laid_out(folder: Path, stack: NDArray[np.uint8]) -> Path:
    folder.mkdir()
    for number, one in enumerate(stack):
        cv2.imwrite(str(folder / f"s{number + 1:02}.png"), one)
    return folder


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_journal_keeps_what_was_finished(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    records = [bytes([number]) * (3 + number) for number in range(5)]
    journal = Journal(file, "these")
    for one in records:
        journal.add(one)
    again = Journal(file, "these")
    assert [again[k] for k in range(len(again))] == records
    whole = file.read_bytes()
    for cut in range(len(whole)):  # wherever it was cut off, what is left is the beginning of the records
        file.write_bytes(whole[:cut])
        left = Journal(file, "these")
        kept = [left[k] for k in range(len(left))]
        assert kept == records[: len(kept)]
        left.add(b"more")
        assert Journal(file, "these")[len(kept)] == b"more"
    file.write_bytes(whole[:-3] + b"?" + whole[-2:])  # a broken record
    assert len(Journal(file, "these")) == 4
    file.write_bytes(whole)
    assert len(Journal(file, "others")) == 0 and len(Journal(file, "these")) == 0


def test_a_stack_in_a_file_is_an_array(tmp_path: Path) -> None:
    planes = np.random.default_rng(0).integers(0, 256, (4, 5, 6)).astype(np.uint8)
    stack = Stack(tmp_path / "stack", 4, 5, 6)
    for number, one in enumerate(planes):
        stack[number] = one
    assert np.array_equal(Stack(tmp_path / "stack", 4, 5, 6), planes) and np.array_equal(stack[2], planes[2])
    with pytest.raises(IndexError):
        stack[4]
    with pytest.raises(ValueError, match="for a stack"):
        stack[0] = planes[0, :4]


def test_planes_are_made_once_while_they_are_kept() -> None:
    asked: list[int] = []

    def make(number: int) -> NDArray[np.float32]:
        asked.append(number)
        return np.full((2, 2), number, np.float32)

    planes = Made(9, make, kept=3)
    assert [float(planes[k][0, 0]) for k in (0, 1, 2, 1, 0)] == [0, 1, 2, 1, 0] and asked == [0, 1, 2]
    assert planes[3][0, 0] == 3 and planes[0][0, 0] == 0 and asked == [0, 1, 2, 3, 0]


def test_a_run_that_is_killed_goes_on_and_gives_the_same_bytes(tmp_path: Path) -> None:
    """SIGKILL in the middle of bending; of the comparisons, too, a half is taken away before the next run."""
    made = phantom(count=9, side=64, seed=3, shift=3, turn=3, bend=2)
    folder = laid_out(tmp_path / "stack", made.laid)
    words = ["space", "slices", str(folder), "--thickness", "3", "--turn", "8", "-o"]
    straight, out = tmp_path / "straight", tmp_path / "out"
    assert CliRunner().invoke(app, [*words, str(straight)]).exit_code == 0
    run = subprocess.Popen([sys.executable, "-m", "veduta", *words, str(out)], stderr=subprocess.DEVNULL)
    journal = place(out) / "bends"
    while run.poll() is None and (not journal.exists() or journal.stat().st_size < 100_000):
        time.sleep(0.001)
    assert run.poll() is None, "it ended before it could be killed"
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not out.exists()
    compared = place(out) / "comparisons"
    compared.write_bytes(compared.read_bytes()[: compared.stat().st_size // 2])
    last = CliRunner().invoke(app, [*words, str(out)])
    assert last.exit_code == 0 and "going on" in last.stderr
    # The page is called after the folder of the sections, so that all is the same.
    assert bytes_in(out) == bytes_in(straight)
    assert not place(out).exists() and not list(tmp_path.glob(".*"))


def test_other_sections_do_not_go_on_with_what_was_done(tmp_path: Path) -> None:
    made = phantom(count=5, side=48, seed=3, shift=1, turn=1)
    folder, work = laid_out(tmp_path / "stack", made.laid), tmp_path / "work"
    before = read_sections(folder, work)
    assert read_sections(folder, work).fingerprint == before.fingerprint
    changed = 255 - made.laid[2]
    cv2.imwrite(str(folder / "s03.png"), changed)
    after = read_sections(folder, work, inverted=False)
    assert after.fingerprint != before.fingerprint and np.array_equal(after.gray[2], changed)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with workplace(tmp_path / "out") as work:
        assert work.is_dir()
        with pytest.raises(BadSections, match="another run"), workplace(tmp_path / "out"):
            pass
        assert work.is_dir()
    assert not work.exists()


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Nine sections of a cone, the fifth cut off in the middle of its file."""
    y, x = np.mgrid[:64, :64]
    stack = np.stack([np.where(np.hypot(x - 32, y - 32) < 12 + 2 * k, 200, 10) for k in range(9)])
    folder = laid_out(tmp_path / "cone", stack.astype(np.uint8))
    whole = (folder / "s05.png").read_bytes()
    (folder / "s05.png").write_bytes(whole[: len(whole) // 2])
    return folder


def test_an_unreadable_section_stops_and_says_how_to_go_on(broken: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["space", "slices", str(broken), "-o", str(tmp_path / "out")])
    assert isinstance(run.exception, UnreadableImage)
    assert str(run.exception).startswith("s05.png: ") and "--skip-unreadable" in str(run.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["cone"]


def test_an_unreadable_section_is_left_out_and_its_place_is_kept(broken: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["space", "slices", str(broken), "-o", str(out), "--aligned", "--skip-unreadable", "--json"]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 0, run.output
    told = json.loads(next(line for line in run.stdout.splitlines() if line.startswith("{")))
    assert [one["file"] for one in told["left_out"]] == ["s05.png"] and told["left_out"][0]["reason"]
    assert told["sections"] == 8 and len(told["poses"]) == 8 and told["doubts"] == []
    volume = np.load(out / "volume.npy").astype(float)
    assert volume.shape == (9, 64, 64)  # as high as with all nine
    assert np.abs(volume[4] - (volume[3] + volume[5]) / 2).max() <= 1
    assert (volume[8] > 100).sum() == pytest.approx(np.pi * 28**2, rel=0.02)


def test_too_few_that_can_be_read(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "stack", np.full((3, 32, 32), 9, np.uint8))
    (folder / "s02.png").write_bytes(b"no picture")
    with pytest.raises(BadSections, match="2 pictures that can be read"):
        read_sections(folder, tmp_path / "work", skip=True)


def test_heights_of_missing_sections_are_blended_over() -> None:
    ramp = np.stack([np.full((8, 8), 20 * k, np.uint8) for k in (0, 1, 2, 5, 6, 9)])
    volume = isotropic(ramp, 1, 1, None, (0, 1, 2, 5, 6, 9)).voxels
    assert volume[:, 0, 0].tolist() == [20 * k for k in range(10)]


@pytest.mark.parametrize(
    "wish", [Wish(opening=3, closing=0), Wish(opening=0, closing=2), Wish(opening=2, fill=True)]
)
def test_segmentation_in_blocks_is_that_of_the_whole(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    noise = ndimage.gaussian_filter(rng.normal(size=(40, 50, 60)), 2.5)
    voxels = np.clip(128 + 60 * noise / noise.std(), 0, 255).astype(np.uint8)
    whole, threshold = segment(voxels, wish)
    monkeypatch.setattr(segmentation, "BLOCK", 13)
    assert np.array_equal(segment(voxels, wish)[0], whole)
    # By hand, away from the borders, where what lies beyond makes no difference.
    mask = voxels > threshold
    z, y, x = np.mgrid[-3:4, -3:4, -3:4]
    for radius, first in ((wish.opening, ndimage.binary_erosion), (wish.closing, ndimage.binary_dilation)):
        if radius:
            ball = z * z + y * y + x * x <= radius * radius
            second = ndimage.binary_dilation if first is ndimage.binary_erosion else ndimage.binary_erosion
            border = int(first is ndimage.binary_erosion)
            mask = second(first(mask, ball, border_value=border), ball, border_value=1 - border)
    if wish.fill:
        mask = ndimage.binary_fill_holes(mask)
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    mask = (sizes >= wish.least * sizes.max())[labels]
    inner = (slice(8, -8),) * 3
    assert np.array_equal(whole[inner], mask[inner])


@pytest.mark.parametrize("smooth", [0.0, 1.0, 2.0])
def test_a_surface_in_slabs_is_closed_and_that_of_the_whole(
    smooth: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    mask = ndimage.gaussian_filter(rng.normal(size=(50, 40, 30)), 2.5) > 0.02
    monkeypatch.setattr(meshes, "SLAB", 1000)
    whole = meshes.surface(mask, 0.5, smooth)
    monkeypatch.setattr(meshes, "SLAB", 7)
    sewn = meshes.surface(mask, 0.5, smooth)
    assert len(sewn.triangles) == len(whole.triangles) and len(sewn.corners) == len(whole.corners)
    assert sewn.volume == pytest.approx(whole.volume) and sewn.area == pytest.approx(whole.area)
    # Naively: each edge is gone along once in either direction, so that nothing is open.
    there: dict[tuple[int, int], int] = {}
    for one in sewn.triangles.tolist():
        for a, b in ((0, 1), (1, 2), (2, 0)):
            there[one[a], one[b]] = there.get((one[a], one[b]), 0) + 1
    assert all(count == there.get((b, a)) for (a, b), count in there.items())
    euler = len(sewn.corners) - len(there) // 2 + len(sewn.triangles)
    assert smooth == 0 or (set(there.values()) == {1} and euler % 2 == 0)


def test_a_ball_between_slabs_has_the_euler_number_of_a_sphere() -> None:
    z, y, x = np.mgrid[:70, :40, :40]
    mesh = meshes.surface((z - 35) ** 2 / 900 + (y - 20) ** 2 / 150 + (x - 20) ** 2 / 150 < 1, 1.0)
    edges = {
        tuple(sorted((one[a], one[b])))
        for one in mesh.triangles.tolist()
        for a, b in ((0, 1), (1, 2), (2, 0))
    }
    assert len(mesh.corners) - len(edges) + len(mesh.triangles) == 2
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * 30 * 150, rel=0.03)


def test_files_of_meshes_hold_closed_surfaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read back by what stands in the files alone, written in several portions."""
    z, y, x = np.mgrid[:30, :30, :30]
    mesh = meshes.surface((z - 15) ** 2 + (y - 15) ** 2 + (x - 15) ** 2 < 100, 0.1)
    monkeypatch.setattr(meshes, "PORTION", 100)
    for suffix in (".ply", ".stl"):
        meshes.write(mesh, tmp_path / f"m{suffix}")
    header, body = (tmp_path / "m.ply").read_bytes().split(b"end_header\n", 1)
    corners, faces = (int(line.split()[2]) for line in header.splitlines() if line.startswith(b"element"))
    kind = np.dtype([("count", "u1"), ("corners", "<i4", 3)])
    triangles = np.frombuffer(body, kind, faces, 12 * corners)
    assert len(body) == 12 * corners + 13 * faces and set(triangles["count"].tolist()) == {3}
    assert np.array_equal(triangles["corners"], mesh.triangles)
    stl = (tmp_path / "m.stl").read_bytes()
    facets = np.frombuffer(stl, np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("s", "<u2")]), -1, 84)
    assert len(facets) == faces
    same: dict[bytes, int] = {}
    sewn = [[same.setdefault(corner.tobytes(), len(same)) for corner in one] for one in facets["c"]]
    there = {(one[a], one[b]) for one in sewn for a, b in ((0, 1), (1, 2), (2, 0)) if one[a] != one[b]}
    assert there == {(b, a) for a, b in there}
