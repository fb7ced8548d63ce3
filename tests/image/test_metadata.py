"""Time, position, camera and words: what is there is read, what is not stays unknown."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.image import samples
from veduta.image import exif, iptc, moment, xmp
from veduta.image.metadata import FaceRegion, Metadata, read_metadata
from veduta.image.source import Memory
from veduta.image.tiff import Tiff

DAY = datetime.datetime(2024, 5, 1, 12, 30)


def of(tmp_path: Path, **blocks: bytes | None) -> Metadata:
    path = tmp_path / "photo.jpg"
    path.write_bytes(samples.jpeg_with(**blocks))  # type: ignore[arg-type]
    return read_metadata(path)


def dated(
    camera: list[tuple[int, int, int, bytes]], gps: list[tuple[int, int, int, bytes]] | None = None
) -> bytes:
    return samples.exif_block([samples.short(0x0112, 1)], camera, gps)


def satellites(day: str, hour: int, minute: int) -> list[tuple[int, int, int, bytes]]:
    return [samples.rational(7, (hour, 1), (minute, 1), (0, 1)), samples.ascii_text(0x1D, day)]


def test_everything_at_once(tmp_path: Path) -> None:
    block = samples.exif_block(
        [
            samples.ascii_text(0x010F, "NIKON CORPORATION"),
            samples.ascii_text(0x0110, "NIKON D70"),
            samples.short(0x0112, 6),
            samples.ascii_text(0x010E, "A bridge"),
            samples.short(0x4746, 4),
        ],
        [
            samples.ascii_text(0x9003, "2024:05:01 12:30:00"),
            samples.ascii_text(0x9291, "25"),
            samples.ascii_text(0x9011, "+02:00"),
            samples.rational(0x829A, (1, 60)),
            samples.rational(0x829D, (28, 10)),
            samples.short(0x8827, 400),
            samples.rational(0x920A, (50, 1)),
            samples.short(0xA405, 75),
            samples.ascii_text(0xA434, "50mm f/1.8"),
        ],
        [
            samples.ascii_text(1, "S"),
            samples.rational(2, (33, 1), (30, 1), (0, 1)),
            samples.ascii_text(3, "E"),
            samples.rational(4, (151, 1), (12, 1), (36, 1)),
            (5, 1, 1, b"\1"),
            samples.rational(6, (25, 2)),
        ],
    )
    assert of(tmp_path, exif=block) == Metadata(
        taken=DAY.replace(microsecond=250_000),
        taken_offset=120,
        taken_source="exif original",
        latitude=-33.5,
        longitude=pytest.approx(151.21),
        altitude=-12.5,
        camera="NIKON D70",
        lens="50mm f/1.8",
        aperture=2.8,
        exposure=pytest.approx(1 / 60),
        iso=400,
        focal_length=50,
        focal_length_35mm=75,
        orientation=6,
        description="A bridge",
        rating=4,
    )


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_of_other_formats(tmp_path: Path, kind: str) -> None:
    from PIL import Image

    block = Image.Exif()
    block[0x0110] = "Box"
    block[0x0132] = "2024:05:01 12:30:00"
    path = tmp_path / "photo"
    path.write_bytes(samples.encode(samples.gradient(), kind, exif=block))
    told = read_metadata(path)
    assert (told.camera, told.taken) == ("Box", DAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024:05:01 12:30:00", DAY),
        ("2024-05-01T12:30:00", DAY),
        ("2024:05:01 12:30:00 ", DAY),
        ("2024:05:01", DAY.replace(hour=0, minute=0)),
        ("0000:00:00 00:00:00", None),
        ("2024:02:30 12:00:00", None),
        ("2024:05:01 24:00:00", None),
        ("2017:08:21 15:08:70", None),
        ("    :  :     :  :  ", None),
        ("1024:05:01 12:30:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_dates(text: str, expected: datetime.datetime | None) -> None:
    found = moment.parse(text)
    assert (found.local if found else None) == expected


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("+02:00", 120),
        ("-03:30", -210),
        ("Z", 0),
        ("+0545", 345),
        ("+14:00", 840),
        ("+15:00", None),
        ("02:00", None),
        ("+02:75", None),
        ("", None),
    ],
)
def test_offsets(text: str, minutes: int | None) -> None:
    assert moment.parse_offset(text) == minutes


@pytest.mark.parametrize(
    ("day", "hour", "minute", "offset"),
    [
        ("2024:05:01", 10, 30, 120),
        ("2024:05:01", 10, 27, 120),  # a fix three minutes old
        ("2024:05:01", 7, 0, 330),
        ("2024:05:02", 0, 30, -720),
        ("2024:05:01", 10, 13, None),  # no place keeps +02:15
        ("2024:04:27", 10, 30, None),  # days apart
        ("0000:00:00", 10, 30, None),
    ],
)
def test_offset_from_the_satellites(
    tmp_path: Path, day: str, hour: int, minute: int, offset: int | None
) -> None:
    told = of(
        tmp_path,
        exif=dated([samples.ascii_text(0x9003, "2024:05:01 12:30:00")], satellites(day, hour, minute)),
    )
    assert (told.taken, told.taken_offset) == (DAY, offset)


def test_the_offset_that_exif_tells_wins(tmp_path: Path) -> None:
    camera = [samples.ascii_text(0x9003, "2024:05:01 12:30:00"), samples.ascii_text(0x9011, "+01:00")]
    assert of(tmp_path, exif=dated(camera, satellites("2024:05:01", 10, 30))).taken_offset == 60


def test_without_a_date_the_satellites_time_is_utc(tmp_path: Path) -> None:
    told = of(tmp_path, exif=dated([samples.short(0x8827, 100)], satellites("2024:05:01", 12, 30)))
    assert (told.taken, told.taken_offset, told.taken_source) == (DAY, 0, "gps")


def test_nothing_is_invented(tmp_path: Path) -> None:
    assert of(tmp_path) == Metadata()
    zeros = dated([samples.ascii_text(0x9003, "0000:00:00 00:00:00"), samples.rational(0x829A, (0, 0))])
    assert of(tmp_path, exif=zeros) == Metadata()


@pytest.mark.parametrize(
    ("north", "latitude", "east", "longitude"),
    [
        ("N", (0, 1), "E", (0, 1)),  # no fix
        ("N", (91, 1), "E", (10, 1)),
        ("N", (10, 1), "E", (181, 1)),
        ("N", (10, 0), "E", (10, 1)),
        ("X", (10, 1), "E", (10, 1)),
    ],
)
def test_impossible_positions_are_unknown(
    tmp_path: Path, north: str, latitude: tuple[int, int], east: str, longitude: tuple[int, int]
) -> None:
    zero = ((0, 1), (0, 1))
    gps = [
        samples.ascii_text(1, north),
        samples.rational(2, latitude, *zero),
        samples.ascii_text(3, east),
        samples.rational(4, longitude, *zero),
    ]
    told = of(tmp_path, exif=samples.exif_block([samples.short(0x0112, 1)], None, gps))
    assert (told.latitude, told.longitude) == (None, None)


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS 40D", "Canon EOS 40D"),
        ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
        ("NIKON", "COOLPIX P6000", "NIKON COOLPIX P6000"),
        ("Apple", "iPhone 15", "Apple iPhone 15"),
        ("OLYMPUS OPTICAL CO.,LTD", "C960Z,D460Z", "OLYMPUS C960Z,D460Z"),
        ("SAMSUNG TECHWIN CO., LTD.", "NX10", "SAMSUNG NX10"),
        (None, "X", "X"),
        ("Leica", None, "Leica"),
        (None, None, None),
    ],
)
def test_camera_names(make: str | None, model: str | None, name: str | None) -> None:
    assert exif.camera_name(make, model) == name


REGIONS = """<mwg-rs:Regions rdf:parseType="Resource">
<mwg-rs:AppliedToDimensions stDim:w="400" stDim:h="300" stDim:unit="pixel"/>
<mwg-rs:RegionList><rdf:Bag>
<rdf:li><rdf:Description mwg-rs:Name="Anna" mwg-rs:Type="Face"><mwg-rs:Area stArea:x="0.5" stArea:y="0.5"
 stArea:w="0.2" stArea:h="0.4" stArea:unit="normalized"/></rdf:Description></rdf:li>
<rdf:li rdf:parseType="Resource"><mwg-rs:Name>Rex</mwg-rs:Name><mwg-rs:Type>Pet</mwg-rs:Type>
<mwg-rs:Area stArea:x="0.1" stArea:y="0.1" stArea:w="0.1" stArea:h="0.1"/></rdf:li>
</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"""

WORDS = """<dc:title><rdf:Alt><rdf:li xml:lang="de">Burg</rdf:li><rdf:li xml:lang="x-default">Castle</rdf:li></rdf:Alt>
</dc:title><dc:subject><rdf:Bag><rdf:li>stone</rdf:li><rdf:li>stone</rdf:li><rdf:li>tower</rdf:li></rdf:Bag>
</dc:subject><xmp:Rating>5</xmp:Rating>"""


def test_xmp_in_the_file(tmp_path: Path) -> None:
    told = of(tmp_path, xmp=samples.xmp_packet(WORDS + REGIONS))
    assert (told.title, told.keywords, told.rating) == ("Castle", ("stone", "tower"), 5)
    (anna,) = told.face_regions
    assert anna.name == "Anna"
    assert (anna.x, anna.y, anna.w, anna.h) == pytest.approx((0.4, 0.3, 0.2, 0.4))


def test_the_sidecar_wins(tmp_path: Path) -> None:
    (tmp_path / "photo.xmp").write_bytes(
        samples.xmp_packet(
            "<xmp:Rating>1</xmp:Rating><exif:DateTimeOriginal>2001-02-03T04:05:06+01:00</exif:DateTimeOriginal>"
            "<exif:GPSLatitude>52,30.5N</exif:GPSLatitude><exif:GPSLongitude>13,24.0W</exif:GPSLongitude>"
        )
    )
    told = of(
        tmp_path,
        xmp=samples.xmp_packet(WORDS),
        exif=dated([samples.ascii_text(0x9003, "2024:05:01 12:30:00")]),
    )
    assert (told.title, told.rating) == ("Castle", 1)
    assert (told.taken, told.taken_offset, told.taken_source) == (
        datetime.datetime(2001, 2, 3, 4, 5, 6),
        60,
        "sidecar",
    )
    assert (told.latitude, told.longitude) == pytest.approx((52 + 30.5 / 60, -13.4))
    (tmp_path / "photo.jpg.xmp").write_bytes(samples.xmp_packet("<xmp:Rating>2</xmp:Rating>"))
    assert read_metadata(tmp_path / "photo.jpg").rating == 2


def test_the_sidecar_of_a_raw_file_is_not_the_jpegs(tmp_path: Path) -> None:
    (tmp_path / "photo.xmp").write_bytes(samples.xmp_packet("<xmp:Rating>2</xmp:Rating>"))
    (tmp_path / "photo.NEF").touch()
    assert of(tmp_path).rating is None


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"<x",
        b"<!DOCTYPE x [<!ENTITY a 'aa'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&a;</x:xmpmeta>",
        b"\xff\xfe broken",
        b"<a>" * 5000,
    ],
)
def test_hostile_xmp_is_no_xmp(packet: bytes) -> None:
    assert xmp.parse(packet) is None or xmp.parse(packet) == xmp.Xmp()


def test_iptc() -> None:
    def record(number: int, value: bytes) -> bytes:
        return bytes([0x1C, 2, number]) + len(value).to_bytes(2, "big") + value

    body = (
        record(5, b"Title")
        + record(25, b"one")
        + record(25, "zw\u00f6lf".encode("cp1252"))
        + record(120, b"Words")
    )
    block = b"8BIM\x04\x04\0\0" + len(body).to_bytes(4, "big") + body
    assert iptc.of_photoshop(block) == iptc.Iptc("Title", "Words", ("one", "zwölf"))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes) -> None:
    for block in (data, b"II*\0\x08\0\0\0" + data, b"MM\0*\0\0\0\x08" + data):
        exif.read_block(block)
    iptc.of_photoshop(b"8BIM" + data)
    iptc.read(b"\x1c\x02\x05" + data)
    xmp.parse(data)


@settings(max_examples=150, deadline=None)
@given(
    st.datetimes(datetime.datetime(1826, 1, 1), datetime.datetime(2200, 1, 1)),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.integers(1, 8),
)
def test_what_is_written_is_read(
    taken: datetime.datetime, latitude: float, longitude: float, orientation: int
) -> None:
    def angle(value: float) -> tuple[tuple[int, int], ...]:
        return ((round(abs(value) * 10_000_000), 10_000_000), (0, 1), (0, 1))

    block = samples.exif_block(
        [samples.short(0x0112, orientation)],
        [samples.ascii_text(0x9003, taken.strftime("%Y:%m:%d %H:%M:%S").rjust(19, "0"))],
        [
            samples.ascii_text(1, "S" if latitude < 0 else "N"),
            samples.rational(2, *angle(latitude)),
            samples.ascii_text(3, "W" if longitude < 0 else "E"),
            samples.rational(4, *angle(longitude)),
        ],
    )
    told = exif.read_block(block)
    assert told is not None
    assert told.orientation == orientation
    assert told.original is not None
    assert told.original.local == taken.replace(microsecond=0)
    if told.latitude is None:
        assert round(abs(latitude) * 1e7) == round(abs(longitude) * 1e7) == 0
    else:
        assert told.latitude == pytest.approx(latitude, abs=1e-6)
        assert told.longitude == pytest.approx(longitude, abs=1e-6)


def test_directories_that_point_at_themselves_end() -> None:
    loop = samples.ifd([samples.long(0x8769, 8)], 8, following=8)
    tiff = Tiff(Memory(b"II*\0\x08\0\0\0" + loop))
    assert tiff.directory(8)[0] == {0x8769: (8,)}
    assert tiff.directory(8) == ({}, 0)


def test_face_regions_are_values() -> None:
    assert FaceRegion("a", 0, 0, 1, 1) == FaceRegion("a", 0, 0, 1, 1)
