"""`veduta hide` and `veduta reveal`: what goes in comes out, and everything else is told in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from veduta.cli.app import app
from veduta.edit import stego_envelope as envelope
from veduta.errors import BadInput


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "COST", {"n": 16, "r": 8, "p": 1})


@pytest.fixture
def photo(tmp_path: Path, photographs: Path) -> Path:
    """A JPEG with EXIF and a color profile."""
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = 6
    path = tmp_path / "photo.jpg"
    with Image.open(photographs / "coffee.png") as picture:
        from PIL import ImageCms

        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        picture.convert("RGB").save(path, quality=90, exif=exif, icc_profile=profile)
    return path


def run(*arguments: object, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments], input=typed)


def facts(path: Path) -> tuple[str | None, int | None, bool, tuple[int, int]]:
    with Image.open(path) as picture:
        exif = picture.getexif()
        return exif.get(0x010F), exif.get(0x0112), "icc_profile" in picture.info, picture.size


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_a_text_comes_back_and_facts_stay(photo: Path, tmp_path: Path, suffix: str) -> None:
    before, out = photo.read_bytes(), tmp_path / f"out{suffix}"
    done = run("hide", photo, "--text", "meet me at nine\nbring ключ", "-o", out)
    assert done.exit_code == 0, done.output
    assert "lossless" in done.stdout
    assert run("reveal", out).stdout == "meet me at nine\nbring ключ\n"
    assert facts(out) == ("Maker", 1, True, (400, 600))
    assert photo.read_bytes() == before


def test_a_robust_text_stays_in_the_format(photo: Path, tmp_path: Path) -> None:
    done = run("hide", photo, "--robust", "--text", "(c) Anna", "-o", tmp_path / "copies", "--json")
    told = json.loads(done.stdout)
    assert (told["mode"], told["kind"], told["bytes"]) == ("robust", "text", 8)
    assert 38 <= told["psnr"] < 42
    out = tmp_path / "copies/photo.jpg"
    assert facts(out) == ("Maker", 1, True, (400, 600))
    again = tmp_path / "again.jpg"
    with Image.open(out) as picture:
        picture.resize((300, 450)).save(again, quality=70)
    assert json.loads(run("reveal", again, "--json").stdout)["text"] == "(c) Anna"


def test_a_file_comes_back_to_the_bit(photo: Path, tmp_path: Path) -> None:
    file = tmp_path / "notes.bin"
    file.write_bytes(np.random.default_rng(0).bytes(5000))
    assert run("hide", photo, "--file", file, "-o", tmp_path / "out.png").exit_code == 0
    told = run("reveal", tmp_path / "out.png")
    assert "file notes.bin of 5,000 bytes; -o DIR" in told.stdout and told.exit_code == 0
    for name in ("notes.bin", "notes (2).bin"):
        assert run("reveal", tmp_path / "out.png", "-o", tmp_path / "got").exit_code == 0
        assert (tmp_path / "got" / name).read_bytes() == file.read_bytes()


def test_a_picture_is_made_to_fit(photo: Path, tmp_path: Path, photographs: Path) -> None:
    done = run("hide", photo, "--picture", photographs / "chelsea.png", "-o", tmp_path / "out.png")
    assert done.exit_code == 0 and "made 451 x 300 to fit, as WebP" in done.stdout
    assert run("reveal", tmp_path / "out.png", "-o", tmp_path / "got").exit_code == 0
    with (
        Image.open(tmp_path / "got/chelsea.webp") as hidden,
        Image.open(photographs / "chelsea.png") as truth,
    ):
        error = np.asarray(hidden, float) - np.asarray(truth, float)
    assert np.sqrt((error**2).mean()) < 8
    small = tmp_path / "small.png"
    Image.fromarray(np.full((70, 90, 3), 90, np.uint8)).save(small)
    done = run("hide", small, "--picture", photographs / "chelsea.png", "-o", tmp_path / "two.png")
    assert done.exit_code == 0 and " to fit, as WebP" in done.stdout


def test_sixteen_bits_and_transparency_stay(tmp_path: Path) -> None:
    import cv2

    deep = np.random.default_rng(0).integers(0, 65536, (80, 90, 4), np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    assert run("hide", tmp_path / "deep.png", "--text", "a" * 900, "-o", tmp_path / "out.png").exit_code == 0
    back = cv2.imread(str(tmp_path / "out.png"), cv2.IMREAD_UNCHANGED)
    assert back.dtype == np.uint16 and (back[..., 3] == deep[..., 3]).all()
    assert np.abs(back.astype(int) - deep).max() <= 15
    assert run("reveal", tmp_path / "out.png").stdout == "a" * 900 + "\n"


def test_transparent_colors_keep_their_bits_in_webp(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 60, 4), np.uint8)
    pixels[..., 3] = 0
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    assert run("hide", tmp_path / "clear.png", "--text", "unseen", "-o", tmp_path / "out.webp").exit_code == 0
    assert run("reveal", tmp_path / "out.webp").stdout == "unseen\n"


@pytest.mark.parametrize("mode", [(), ("--robust",)])
def test_a_password_is_needed(photo: Path, tmp_path: Path, mode: tuple[str, ...]) -> None:
    out = tmp_path / "out.png"
    done = run("hide", photo, "--text", "hush", "--password", *mode, "-o", out, typed="right\nright\n")
    assert done.exit_code == 0, done.output
    assert "hush\n" in run("reveal", out, "--password", typed="right\n").stdout
    (tmp_path / "word").write_text("right\nmore\n")
    assert run("reveal", out, "--password-file", tmp_path / "word").stdout == "hush\n"
    for wrong in (run("reveal", out, "--password", typed="wrong\n"), run("reveal", out)):
        assert wrong.exit_code == 1 and "hush" not in wrong.output
    # Lowest bits tell nobody that there is a message; a mark shows itself anyway.
    assert ("no message" in wrong.output) == (not mode)


def test_no_message_is_one_line_and_status_1(photo: Path) -> None:
    told = run("reveal", photo)
    assert told.exit_code == 1
    assert told.output == f"{photo}: no message that opens without a password\n"


def test_capacity_is_told_and_kept(photo: Path, tmp_path: Path) -> None:
    told = json.loads(run("hide", "--capacity", photo, "--json").stdout)
    assert told["lossless"] == 400 * 600 * 3 // 8 - 13 - 4 - 1
    for mode, name in (("lossless", "a.png"), ("robust", "b.jpg")):
        flags = ["--robust"] if mode == "robust" else []
        text = "".join(chr(33 + n) for n in np.random.default_rng(0).integers(0, 90, 90))
        text = (text * (told[mode] // 90 + 1))[: told[mode]]
        if mode == "robust":
            assert run("hide", photo, "--text", text, "-o", tmp_path / name, *flags).exit_code == 0
        file = tmp_path / "much"
        file.write_bytes(np.random.default_rng(1).bytes(told[mode] + 1))
        much = run("hide", photo, "--file", file, "-o", tmp_path / "no" / name, *flags)
        assert much.exit_code == 2 and f"holds {told[mode] + 1:,}" in much.output
    assert not (tmp_path / "no").exists()


def test_a_folder_tells_which_photos_speak(photo: Path, tmp_path: Path, photographs: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    Image.open(photographs / "chelsea.png").save(folder / "plain.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    assert run("hide", photo, "--text", "first", "-o", folder / "one.png").exit_code == 0
    told = [json.loads(line) for line in run("reveal", folder, "--json").stdout.splitlines()]
    states = {Path(one["path"]).name: one["state"] for one in told}
    assert states == {"broken.jpg": "unreadable", "one.png": "message", "plain.png": "none"}


def test_a_damaged_message_says_so(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert run("hide", photo, "--text", "".join(map(chr, range(200, 9000))), "-o", out).exit_code == 0
    pixels = np.asarray(Image.open(out)).copy()
    pixels[100:104, 100:120] ^= 1
    Image.fromarray(pixels).save(out)
    told = run("reveal", out)
    assert told.exit_code == 1 and "damaged" in told.output


def test_bad_wishes_write_nothing(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for wish in (
        ["hide", photo, "-o", out],
        ["hide", photo, "--text", "a", "--file", photo, "-o", out],
        ["hide", photo, "--text", "a"],
        ["hide", photo, "--robust", "--text", "a", "--fidelity", 70, "-o", out],
        ["hide", photo, "--file", tmp_path / "none", "-o", out],
        ["hide", photo, "--text", "a", "--password-file", tmp_path / "none", "-o", out],
    ):
        done = run(*wish)
        assert done.exit_code == 2 or isinstance(done.exception, BadInput), wish
    lossy = run("hide", photo, "--text", "a", "-o", tmp_path / "out.jpg")
    assert isinstance(lossy.exception, BadInput) and "does not keep every bit" in str(lossy.exception)
    over = run("hide", photo, "--robust", "--text", "a", "-o", photo)
    assert isinstance(over.exception, BadInput)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.jpg"]


def test_a_hidden_text_cannot_steer_the_terminal(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert run("hide", photo, "--text", "a\x1b[2Jb", "-o", out).exit_code == 0
    assert run("reveal", out).stdout == "a[2Jb\n"


def test_a_mark_keeps_sixteen_bits(tmp_path: Path, photographs: Path) -> None:
    import cv2

    gray = cv2.imread(str(photographs / "coffee.png"), cv2.IMREAD_GRAYSCALE).astype(np.uint16) * 257 + 3
    cv2.imwrite(str(tmp_path / "deep.tif"), gray)
    done = run("hide", tmp_path / "deep.tif", "--robust", "--text", "(c) Anna", "-o", tmp_path / "copies")
    assert done.exit_code == 0, done.output
    back = cv2.imread(str(tmp_path / "copies/deep.tif"), cv2.IMREAD_UNCHANGED)
    assert back.dtype == np.uint16 and back.shape == gray.shape
    error = np.mean(((back.astype(float) - gray) / 257) ** 2)
    assert 38 <= 10 * np.log10(255**2 / error) < 43
    assert run("reveal", tmp_path / "copies/deep.tif").stdout == "(c) Anna\n"
