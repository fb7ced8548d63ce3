"""`veduta redact` and `veduta export --anonymize` from the outside, with recognizers that say what they are told to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.edit.test_redaction import SECRETS, Told, face, plate, source
from veduta.cli.app import app
from veduta.image.decode import read

__all__ = ["source"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Recognizers of plates and faces without networks; how often each has looked."""
    looks = {"plates": 0, "faces": 0}

    def opened(name: str) -> Told:
        recognizer = Told(name, [plate()] if name == "plates" else [face()])
        see = recognizer.see

        def counting(photos):  # type: ignore[no-untyped-def]
            looks[name] += len(photos)
            return see(photos)

        recognizer.see = counting  # type: ignore[method-assign]
        return recognizer

    monkeypatch.setattr("veduta.edit.regions._open", opened)
    return looks


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


def folder_of(source: Path) -> Path:
    """A folder with two copies of the photo and a file that is none."""
    folder = source.parent / "listing"
    (folder / "front").mkdir(parents=True)
    for name in ("front/a.jpg", "b.jpg"):
        (folder / name).write_bytes(source.read_bytes())
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    return folder


def test_a_folder_of_copies_with_a_report(source: Path, tmp_path: Path, told: dict[str, int]) -> None:
    folder, out = folder_of(source), tmp_path / "out"
    before = {p: p.read_bytes() for p in folder.rglob("*.jpg")}
    code, output = run("redact", folder, "--plates", "--faces", "-o", out, "--json")
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert code == 1 and len(lines) == 3  # the broken one is told, the others are done
    good = [line for line in lines if line["error"] is None]
    assert [line["hidden"] for line in good] == [{"plates": 1, "faces": 1}] * 2
    assert {p: p.read_bytes() for p in folder.rglob("*.jpg")} == before
    assert (out / "front/a.jpg").is_file() and (out / "b.jpg").is_file()
    report = json.loads((out / "redacted.json").read_text())
    assert report["hidden"] == {"plates": 2, "faces": 2} and report["photos"] == 3
    page = (out / "redacted.html").read_text()
    assert page.count("<img") == 2 and "data:image/jpeg;base64," in page
    everything = b"".join(p.read_bytes() for p in out.rglob("*") if p.is_file())
    assert not any(secret in everything for secret in SECRETS)
    # The page is made from the copies: no picture in it is nearer to the original than its copy.
    assert str(folder / "b.jpg").encode() not in page.encode() or 'src="/' not in page


def test_what_is_done_is_not_done_again(source: Path, tmp_path: Path, told: dict[str, int]) -> None:
    folder, out = folder_of(source), tmp_path / "out"
    run("redact", folder, "--plates", "-o", out)
    assert told["plates"] == 2
    copy = (out / "b.jpg").read_bytes()
    run("redact", folder, "--plates", "-o", out)
    assert told["plates"] == 2 and (out / "b.jpg").read_bytes() == copy
    (out / "b.jpg").unlink()  # lost: made again, alone
    run("redact", folder, "--plates", "-o", out)
    assert told["plates"] == 3 and (out / "b.jpg").is_file()
    run("redact", folder, "--plates", "--style", "fill", "-o", out)  # another order
    assert told["plates"] == 5
    run("redact", folder, "--plates", "--style", "fill", "-o", out, "--again")
    assert told["plates"] == 7
    with (out / "redacted.jsonl").open("a") as file:
        file.write('{"path": "cut o')  # what a killed run leaves
    run("redact", folder, "--plates", "--style", "fill", "-o", out)
    assert told["plates"] == 7


def test_one_photo_to_one_file(source: Path, tmp_path: Path, told: dict[str, int]) -> None:
    out = tmp_path / "copy.png"
    code, output = run("redact", source, "--faces", "--style", "replace", "-o", out)
    assert code == 0 and "1 face -> " in output
    hidden = read(out)
    assert len(np.unique(hidden[90:150, 195:235].reshape(-1, 3), axis=0)) == 1  # an oval of one color
    assert not (tmp_path / "redacted.html").exists()


def test_refused(source: Path, tmp_path: Path, told: dict[str, int]) -> None:
    out = tmp_path / "out"
    for words, expected in (
        ((source, "-o", out), "--plates"),
        ((source, "--plates", "-o", source), "write over"),
    ):
        code, output = run("redact", *words)
        assert code == 2 and expected in output, output
    result = CliRunner().invoke(app, ["redact", str(source), "--faces", "--style", "smear", "-o", str(out)])
    assert result.exit_code != 0 and "smear" in str(result.exception) and not out.exists()


def test_nothing_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veduta.edit.regions._open", lambda name: Told(name, []))
    path, out = tmp_path / "plain.png", tmp_path / "out"
    Image.new("RGB", (60, 40), (90, 120, 60)).save(path)
    code, output = run("redact", path, "--plates", "-o", out)
    assert code == 3 and "nothing found; not copied" in output and not (out / "plain.png").exists()
    code, _ = run("redact", path, "--plates", "--every", "-o", out)
    assert code == 3 and (out / "plain.png").is_file()
