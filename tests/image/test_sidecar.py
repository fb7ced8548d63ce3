"""Sidecars: what is written is read back, what others wrote is kept, originals are never touched."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.image import samples
from tests.image.test_metadata import REGIONS, WORDS
from veduta.image import sidecar
from veduta.image.hashes import content_hash
from veduta.image.metadata import FaceRegion, Metadata, read_metadata, write_sidecar


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(samples.jpeg_with(samples.exif_block([samples.short(0x0112, 6)])))
    return path


def told(path: Path) -> dict[str, object]:
    found = read_metadata(path)
    return {n: getattr(found, n) for n in Metadata.__slots__ if getattr(found, n) not in (None, ())}


texts = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cn"), blacklist_characters="\ufffe\uffff"), max_size=30
)
words = texts.map(str.strip).filter(bool)
faces = st.builds(
    FaceRegion,
    words,
    st.floats(0, 0.5).map(lambda v: round(v, 4)),
    st.floats(0, 0.5).map(lambda v: round(v, 4)),
    st.floats(0.01, 0.5).map(lambda v: round(v, 4)),
    st.floats(0.01, 0.5).map(lambda v: round(v, 4)),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rating=st.integers(-1, 5),
    title=words,
    description=words,
    keywords=st.lists(words, min_size=1, max_size=5, unique=True).map(tuple),
    regions=st.lists(faces, min_size=1, max_size=4).map(tuple),
    turn=st.integers(1, 8),
    taken=st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)),
    offset=st.none() | st.sampled_from([0, 120, -210, 345]),
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
)
def test_round_trip(
    tmp_path: Path,
    rating: int,
    title: str,
    description: str,
    keywords: tuple[str, ...],
    regions: tuple[FaceRegion, ...],
    turn: int,
    taken: datetime.datetime,
    offset: int | None,
    latitude: float,
    longitude: float,
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(samples.jpeg_with(samples.exif_block([samples.short(0x0112, turn)])))
    sidecar.named(path).unlink(missing_ok=True)
    known = Metadata(
        taken=taken,
        taken_offset=offset,
        latitude=latitude,
        longitude=longitude,
        orientation=turn,
        title=title,
        description=description,
        rating=rating,
        keywords=keywords,
        face_regions=regions,
    )
    size = (96, 64) if turn < 5 else (64, 96)
    assert write_sidecar(path, known, size) == tmp_path / "photo.jpg.xmp"
    back = read_metadata(path)
    assert (back.title, back.rating, back.keywords) == (title, rating, keywords)
    assert (back.taken, back.taken_offset) == (taken, offset)
    assert [r.name for r in back.face_regions] == [r.name for r in regions]
    for a, b in zip(back.face_regions, regions, strict=True):
        assert (a.x, a.y, a.w, a.h) == pytest.approx((b.x, b.y, b.w, b.h), abs=1e-6)
    if back.latitude is not None:
        assert (back.latitude, back.longitude) == pytest.approx((latitude, longitude), abs=1e-8)


def test_what_others_wrote_is_kept(photo: Path) -> None:
    beside = photo.with_name("photo.jpg.xmp")
    beside.write_bytes(
        samples.xmp_packet(
            f"<!-- a remark -->{WORDS}{REGIONS}"
            '<mine:recipe rdf:parseType="Resource"><mine:salt>2</mine:salt></mine:recipe>'
        )
    )
    write_sidecar(
        photo, Metadata(rating=2, face_regions=(FaceRegion("Eva", 0.1, 0.1, 0.2, 0.2),), orientation=6)
    )
    text = beside.read_text(encoding="utf-8")
    assert "<!-- a remark -->" in text
    assert "<mine:salt>2</mine:salt>" in text
    assert 'xml:lang="de">Burg' in text
    assert "Rex" in text, "a pet is no face"
    assert "Anna" not in text
    assert text.count("<?xpacket") == 2
    found = read_metadata(photo)
    assert (found.rating, found.title, found.keywords) == (2, "Castle", ("stone", "tower"))
    assert [r.name for r in found.face_regions] == ["Eva"]


def test_properties_written_as_attributes_are_replaced(photo: Path) -> None:
    beside = photo.with_name("photo.xmp")
    packet = samples.xmp_packet("").replace(b'rdf:about=""', b'rdf:about="" xmp:Rating="5" xmp:Label="Red"')
    beside.write_bytes(packet)
    assert read_metadata(photo).rating == 5
    assert write_sidecar(photo, Metadata(rating=1)) == beside
    assert read_metadata(photo).rating == 1
    assert b'xmp:Label="Red"' in beside.read_bytes()


def test_fields_are_erased_only_on_request(photo: Path) -> None:
    beside = write_sidecar(photo, Metadata(rating=3, title="T", keywords=("a",)))
    write_sidecar(photo, Metadata())
    assert told(photo) == {"orientation": 6, "rating": 3, "title": "T", "keywords": ("a",)}
    sidecar.write(beside, rating=None, keywords=None)
    assert told(photo) == {"orientation": 6, "title": "T"}


def test_regions_are_stored_as_before_turning(photo: Path) -> None:
    """A face at the top of an upright portrait lies at the left of the picture as stored (orientation 6)."""
    region = FaceRegion("Eva", 0.4, 0.0, 0.2, 0.1)
    beside = write_sidecar(photo, Metadata(face_regions=(region,), orientation=6), (64, 96))
    text = beside.read_text(encoding="utf-8")
    assert 'stDim:w="96" stDim:h="64"' in text
    assert 'stArea:x="0.05" stArea:y="0.5" stArea:w="0.1" stArea:h="0.2"' in text
    # A program that wrote them for the upright photo is understood by the size that it tells.
    beside.write_text(
        text.replace('stDim:w="96" stDim:h="64"', 'stDim:w="64" stDim:h="96"'), encoding="utf-8"
    )
    (read,) = read_metadata(photo).face_regions
    assert (read.x, read.y) == pytest.approx((0.0, 0.4))


def test_a_broken_sidecar_is_left_alone(photo: Path) -> None:
    beside = photo.with_name("photo.jpg.xmp")
    for content in (b"<x:xmpmeta", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a/>"):
        beside.write_bytes(content)
        with pytest.raises(sidecar.BrokenSidecarError, match=r"photo\.jpg\.xmp"):
            write_sidecar(photo, Metadata(rating=1))
        assert beside.read_bytes() == content


def test_impossible_values_are_refused(photo: Path) -> None:
    beside = sidecar.named(photo)
    with pytest.raises(ValueError, match="rating"):
        sidecar.write(beside, rating=9)
    with pytest.raises(ValueError, match="position"):
        sidecar.write(beside, latitude=95.0, longitude=0.0)
    with pytest.raises(ValueError, match="together"):
        sidecar.write(beside, latitude=5.0)
    with pytest.raises(ValueError, match="outside"):
        sidecar.write(beside, face_regions=(FaceRegion("a", 2, 0, 1, 1),))
    assert not beside.exists()


def test_originals_are_untouched(photo: Path) -> None:
    before = (content_hash(photo), photo.stat().st_mtime_ns)
    write_sidecar(photo, Metadata(rating=3, title="\x00odd\x08 \ud800text", keywords=("a",)))
    assert (content_hash(photo), photo.stat().st_mtime_ns) == before
    assert read_metadata(photo).title == "odd text"
    assert sorted(p.name for p in photo.parent.iterdir()) == ["photo.jpg", "photo.jpg.xmp"]
