"""A proof that is interrupted, or killed, goes on where it was, and asks anew what has changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.landmarks.test_evaluate import LANDMARKS, RATES, ByColor, Named, folders, judged, paint
from veduta.image.photo import Photo
from veduta.landmarks import evaluate_atlas
from veduta.landmarks.evaluate import judge
from veduta.landmarks.evaluate_cases import Case, known_names, read_landmarks, read_others
from veduta.landmarks.evaluate_figures import figures
from veduta.landmarks.evaluate_kept import Kept, KeptError
from veduta.landmarks.evaluate_verdict import Verdict
from veduta.landmarks.square import Position

__all__ = ["folders"]  # the fixture

ROOT = Path(__file__).parents[2]


class Counting(ByColor):
    """Counts the photos that it is asked about."""

    asked = 0

    def recognize(self, photos: Sequence[Photo], positions: Sequence[Position | None]) -> list[list[Named]]:
        self.asked += len(photos)
        return super().recognize(photos, positions)


def proof(
    shown: Path, others: Path, file: Path, about: str = "atlas", stop: int = -1
) -> tuple[list[Verdict], int]:
    """The verdicts, and how many photos were asked about; `stop` interrupts after so many verdicts."""
    cases = read_landmarks(shown, known_names(LANDMARKS.values())) + read_others(others)
    one = Counting(True)
    found = []
    with Kept(file, about) as kept:
        told = judge({"0.01": one, "0.001": ByColor(False)}, cases, LANDMARKS, True, kept=kept)
        for verdict in told:
            found.append(verdict)
            if len(found) == stop:
                told.close()  # type: ignore[attr-defined]
    return found, one.asked


def told(verdicts: list[Verdict]) -> list[tuple[object, ...]]:
    """All but the time that it took."""
    return [(v.case, v.variant, v.guess, v.said, v.dark, v.problem) for v in verdicts]


def test_an_interrupted_proof_goes_on_where_it_was(folders: tuple[Path, Path], tmp_path: Path) -> None:
    shown, others = folders
    file = tmp_path / "kept" / "proof.verdicts"
    whole = judged(shown, others)
    first, asked = proof(shown, others, file, stop=7)
    assert len(first) == 7
    second, rest = proof(shown, others, file)
    assert told(second) == told(whole)
    assert asked < len(whole)
    assert asked + rest == len(whole)
    again, none = proof(shown, others, file)
    assert none == 0
    before, after = (figures(verdicts, RATES, LANDMARKS) for verdicts in (second, again))
    assert before == after


def test_a_changed_photo_or_atlas_is_asked_anew(folders: tuple[Path, Path], tmp_path: Path) -> None:
    shown, others = folders
    file = tmp_path / "proof.verdicts"
    _, asked = proof(shown, others, file)
    paint(others / "deep/3.png", "green")
    changed, few = proof(shown, others, file)
    assert few == 2  # the photo as it is, and with a simulated position
    said = [v.said["0.001"] for v in changed if v.case.path.name == "3.png" and v.case.part == "other"]
    assert [answer and answer.landmark for answer in said] == ["green_hill"] * 2
    (shown / "a/1.png").rename(shown / "a/renamed.png")
    labels = shown / "labels.csv"
    labels.write_text(labels.read_text().replace("a/1.png", "a/renamed.png"))
    assert proof(shown, others, file)[1] == 0  # the same content under another name
    assert proof(shown, others, file, about="another atlas")[1] == asked
    assert proof(shown, others, file)[1] == asked  # and the old one is forgotten


def test_a_photo_that_cannot_be_read_is_tried_again(folders: tuple[Path, Path], tmp_path: Path) -> None:
    shown, others = folders
    good = (others / "deep/0.png").read_bytes()
    (others / "deep/0.png").write_bytes(b"cut")
    file = tmp_path / "proof.verdicts"
    assert sum(bool(v.problem) for v in proof(shown, others, file)[0]) == 1
    (others / "deep/0.png").write_bytes(good)
    assert not any(v.problem for v in proof(shown, others, file)[0])


def test_a_killed_proof_goes_on_where_it_was(folders: tuple[Path, Path], tmp_path: Path) -> None:
    shown, others = folders
    file = tmp_path / "proof.verdicts"
    code = (
        "import sys, time; from pathlib import Path; from tests.landmarks.test_evaluate import *\n"
        "from veduta.landmarks.evaluate_kept import Kept\n"
        "shown, others, file = map(Path, sys.argv[1:])\n"
        "cases = read_landmarks(shown, known_names(LANDMARKS.values())) + read_others(others)\n"
        "judges = {'0.01': ByColor(True), '0.001': ByColor(False)}\n"
        "for verdict in judge(judges, cases, LANDMARKS, kept=Kept(file, 'atlas')):\n"
        "    print(verdict.case.path, flush=True); time.sleep(0.05)\n"
    )
    asked = [sys.executable, "-c", code, str(shown), str(others), str(file)]
    with subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(8):
            assert process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    whole = judged(shown, others)
    verdicts, rest = proof(shown, others, file)
    assert told(verdicts) == told(whole)
    assert 0 < rest <= len(whole) - 8


def test_what_is_no_file_of_verdicts_is_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "report.verdicts"
    file.write_bytes(b"something else" * 100)
    with pytest.raises(KeptError, match=r"report\.verdicts.*delete it"):
        Kept(file, "atlas")
    with pytest.raises(KeptError, match="another folder"):
        Kept(file / "deeper" / "report.verdicts", "atlas")
    torn = tmp_path / "torn.verdicts"
    proof(*folders, torn)
    with Kept(torn, "atlas") as kept:
        kept._connection.execute("UPDATE verdicts SET verdict = '{}'")
    assert len(proof(*folders, torn)[0]) == len(judged(*folders))


def test_unknown_landmarks_come_with_those_that_look_alike() -> None:
    cases = [Case(Path("1"), "red_gat", "red_gat"), Case(Path("2"), "xyz", "xyz"), Case(Path("3"), "", None)]
    assert evaluate_atlas.unknown(cases, LANDMARKS) == {"red_gat": ["red_gate"], "xyz": []}


def test_kept_beside_the_report_or_at_home(tmp_path: Path) -> None:
    assert evaluate_atlas.kept_file("abc", tmp_path / "out") == tmp_path / "out" / "report.verdicts"
    assert evaluate_atlas.kept_file("abc", tmp_path / "page.html") == tmp_path / "page.verdicts"
    assert evaluate_atlas.kept_file("abc", None).name == "abc.verdicts"
