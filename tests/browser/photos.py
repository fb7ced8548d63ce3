"""A folder of dated, located pictures, cut from photographs that installed packages ship under free licenses."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

PLACES = {
    "beijing": (39.9999, 116.2755),
    "houston": (29.5593, -95.0900),
    "canaveral": (28.5729, -80.6490),
    "vienna": (48.2082, 16.3738),
    "lisbon": (38.7223, -9.1393),
    "boston": (42.3601, -71.0942),
}


@dataclass(frozen=True)
class Cut:
    """A piece of a packaged photograph (left, top, right, bottom as fractions) and what a camera would have noted."""

    name: str
    source: str
    piece: tuple[float, float, float, float] = (0, 0, 1, 1)
    taken: str = ""
    place: str = ""


SOURCES = {
    "grace": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "hubble": ("skimage", "data/hubble_deep_field.jpg"),
    "astronaut": ("skimage", "data/astronaut.png"),
    "chelsea": ("skimage", "data/chelsea.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "camera": ("skimage", "data/camera.png"),
    "coins": ("skimage", "data/coins.png"),
}

CUTS = (
    Cut("IMG_2041", "china", (0, 0, 1, 1), "2024-09-14 17:20", "beijing"),
    Cut("IMG_2042", "china", (0.26, 0.02, 0.86, 0.98), "2024-09-14 17:22", "beijing"),
    Cut("IMG_2043", "china", (0.36, 0.16, 1, 0.92), "2024-09-14 17:25", "beijing"),
    Cut("IMG_2044", "china", (0, 0.06, 0.46, 0.98), "2024-09-14 17:31", "beijing"),
    Cut("IMG_2051", "flower", (0, 0, 1, 1), "2024-09-12 10:02", "beijing"),
    Cut("IMG_2052", "flower", (0.2, 0.06, 0.72, 0.9), "2024-09-12 10:03", "beijing"),
    Cut("IMG_2053", "flower", (0.1, 0.1, 1, 0.82), "2024-09-12 10:05", "beijing"),
    Cut("IMG_1930", "chelsea", (0, 0, 1, 1), "2024-08-03 09:12", "vienna"),
    Cut("IMG_1931", "chelsea", (0.2, 0.02, 0.72, 0.78), "2024-08-03 09:12", "vienna"),
    Cut("IMG_1932", "chelsea", (0.3, 0, 1, 0.9), "2024-08-03 09:14", "vienna"),
    Cut("IMG_1935", "coffee", (0, 0, 1, 1), "2024-08-03 10:40", "vienna"),
    Cut("IMG_1936", "coffee", (0.22, 0.04, 0.82, 0.96), "2024-08-03 10:41", "vienna"),
    Cut("IMG_1937", "coffee", (0.34, 0.3, 0.96, 1), "2024-08-03 10:42", "vienna"),
    Cut("IMG_1721", "flower", (0.3, 0.2, 0.62, 0.72), "2024-05-19 14:05", "lisbon"),
    Cut("IMG_1722", "coffee", (0.1, 0, 0.75, 0.7), "2024-05-19 15:20", "lisbon"),
    Cut("IMG_1201", "rocket", (0, 0, 1, 1), "2023-11-06 18:58", "canaveral"),
    Cut("IMG_1202", "rocket", (0.28, 0, 0.72, 1), "2023-11-06 19:00", "canaveral"),
    Cut("IMG_1203", "rocket", (0.1, 0.12, 0.9, 1), "2023-11-06 19:02", "canaveral"),
    Cut("IMG_1190", "astronaut", (0, 0, 1, 1), "2023-11-02 11:10", "houston"),
    Cut("IMG_1191", "astronaut", (0.16, 0, 0.78, 0.86), "2023-11-02 11:11", "houston"),
    Cut("IMG_1192", "astronaut", (0.22, 0, 0.9, 0.6), "2023-11-02 11:13", "houston"),
    Cut("DSC_0411", "hubble", (0, 0, 1, 1), "2022-07-12 23:40"),
    Cut("DSC_0412", "hubble", (0, 0, 0.62, 0.48), "2022-07-12 23:44"),
    Cut("DSC_0413", "hubble", (0.4, 0.3, 1, 0.9), "2022-07-12 23:51"),
    Cut("DSC_0302", "grace", (0, 0, 1, 1), "2021-03-08 15:00", "boston"),
    Cut("DSC_0303", "grace", (0.12, 0.02, 0.88, 0.66), "2021-03-08 15:01", "boston"),
    Cut("DSC_0304", "grace", (0.05, 0, 0.95, 0.8), "2021-03-08 15:02", "boston"),
    Cut("DSC_0310", "camera", (0, 0, 1, 1), "2021-03-09 10:30", "boston"),
    Cut("DSC_0311", "camera", (0.2, 0.05, 0.95, 0.7), "2021-03-09 10:31", "boston"),
    Cut("DSC_0320", "coins", (0, 0, 1, 1), "2021-03-10 13:00", "boston"),
)


TICKET = (
    (90, 76, "MUSEUM OF VIEWS"),
    (230, 44, "Canaletto and the painters of Venice"),
    (340, 40, "Admission for one adult: 12.00 EUR"),
    (420, 40, "Saturday, 14 September, from 10:30"),
    (580, 34, "Please keep this ticket until you leave"),
)


def make_photos(folder: Path, most: int | None = None) -> list[Path]:
    """Write the pictures (or the first `most`), with time, position and camera in their EXIF; gives their paths."""
    made = []
    for cut in CUTS[:most]:
        package, inside = SOURCES[cut.source]
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"{package} is not installed")
        with Image.open(Path(spec.origin).parent / inside) as picture:
            width, height = picture.size
            left, top, right, bottom = cut.piece
            box = (int(left * width), int(top * height), int(right * width), int(bottom * height))
            piece = picture.convert("RGB").crop(box)
        scale = 1280 / max(piece.size)
        if scale > 1:
            piece = piece.resize(
                (round(piece.width * scale), round(piece.height * scale)), Image.Resampling.LANCZOS
            )
        path = folder / (cut.taken[:4] or "scans") / f"{cut.name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        piece.save(path, quality=90, exif=_exif(cut))
        made.append(path)
    made.append(_scan(folder / "scans/scan_0001.jpg"))
    return made


def _scan(path: Path) -> Path:
    """A scanned ticket: words to be read."""
    spec = find_spec("matplotlib")
    fonts = Path(spec.origin).parent / "mpl-data/fonts/ttf" if spec and spec.origin else Path()
    paper = Image.new("RGB", (1280, 720), "#efe9dc")
    draw = ImageDraw.Draw(paper)
    draw.rectangle((40, 40, 1240, 680), outline="#8a7d63", width=3)
    for y, size, line in TICKET:
        draw.text(
            (100, y), line, fill="#2b2a26", font=ImageFont.truetype(str(fonts / "DejaVuSerif.ttf"), size)
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    paper.rotate(1.2, Image.Resampling.BICUBIC, fillcolor="#dcd6c8").save(path, quality=90)
    return path


def _exif(cut: Cut) -> Image.Exif:
    """What a camera would have written."""
    exif = Image.Exif()
    if cut.taken:
        taken = datetime.datetime.fromisoformat(cut.taken)
        exif[0x010F], exif[0x0110] = (
            ("Nikon", "D750") if cut.name.startswith("DSC") else ("Google", "Pixel 8")
        )
        facts = exif.get_ifd(0x8769)
        facts[0x9003] = taken.strftime("%Y:%m:%d %H:%M:%S")
        facts[0x829A], facts[0x829D], facts[0x8827], facts[0x920A] = 1 / 250, 1.8, 64, 6.9
    if cut.place:
        latitude, longitude = PLACES[cut.place]
        position = exif.get_ifd(0x8825)
        position[1], position[2] = "N" if latitude >= 0 else "S", _degrees(latitude)
        position[3], position[4] = "E" if longitude >= 0 else "W", _degrees(longitude)
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    value = abs(value)
    degrees, minutes = int(value), int(value % 1 * 60)
    return float(degrees), float(minutes), round((value - degrees - minutes / 60) * 3600, 2)
