"""XMP: what people and programs said about a photo: rating, keywords, title, regions of faces.

Source: XMP Specification part 1 and 2 (Adobe), Metadata Working Group guidelines 2.0 (regions), Exif for XMP
(CIPA DC-010).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from veduta.image import moment
from veduta.image.exif import valid_position
from veduta.image.moment import Moment

NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
}

_MOST_BYTES = 1 << 24
_MOST_REGIONS = 1000
_COORDINATE = re.compile(r"\s*(\d{1,3})(?:,(\d{1,2}(?:\.\d*)?))?(?:,(\d{1,2}(?:\.\d*)?))?\s*([NSEWnsew])\s*")


@dataclass(frozen=True, slots=True)
class Region:
    """A face as XMP stores it: left, top, width, height relative to the stored (not upright) picture."""

    name: str
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Xmp:
    """The fields that Veduta uses; None where the packet does not say."""

    rating: int | None = None
    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] | None = None
    regions: tuple[Region, ...] | None = None
    region_size: tuple[int, int] | None = None
    taken: Moment | None = None
    created: Moment | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    camera: tuple[str | None, str | None] = (None, None)


def name(prefixed: str) -> str:
    """ElementTree's form of a name: "dc:subject" -> "{http://purl.org/dc/elements/1.1/}subject"."""
    prefix, local = prefixed.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def parse(packet: bytes) -> Xmp | None:
    """The fields of an XMP packet; None when it cannot be understood. Entities and external references are
    refused.
    """
    packet = packet.strip(b"\0 \t\r\n")
    if not packet or len(packet) > _MOST_BYTES:
        return None
    try:
        root = fromstring(packet, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None
    return _read(Properties(root))


class Properties:
    """The properties of all `rdf:Description` blocks of a packet, written as attributes or as elements."""

    def __init__(self, root: Element) -> None:
        self._blocks = [
            block
            for rdf in root.iter(name("rdf:RDF"))
            for block in rdf
            if block.tag == name("rdf:Description")
        ]

    def element(self, prefixed: str) -> Element | None:
        """The property's element; None when it is absent or an attribute."""
        full = name(prefixed)
        return next((found for b in self._blocks if (found := b.find(full)) is not None), None)

    def text(self, prefixed: str) -> str | None:
        """A simple value, or the best alternative of a text in several languages; None when empty."""
        full = name(prefixed)
        for block in self._blocks:
            if (value := block.get(full)) is not None:
                return value.strip() or None
        element = self.element(prefixed)
        if element is None:
            return None
        items = list(element.iter(name("rdf:li")))
        if not items:
            return (element.text or "").strip() or None
        best = next((i for i in items if i.get(name("xml:lang")) == "x-default"), items[0])
        return (best.text or "").strip() or None

    def list(self, prefixed: str) -> tuple[str, ...] | None:
        """The items of a bag or sequence, each once; None when the property is absent."""
        element = self.element(prefixed)
        if element is None:
            single = self.text(prefixed)
            return (single,) if single else None
        items = [(i.text or "").strip() for i in element.iter(name("rdf:li"))]
        if not items and element.text and element.text.strip():
            items = [element.text.strip()]
        return tuple(dict.fromkeys(i for i in items if i))


def _read(found: Properties) -> Xmp:
    latitude, longitude = valid_position(
        coordinate(found.text("exif:GPSLatitude"), "NS"), coordinate(found.text("exif:GPSLongitude"), "EW")
    )
    size, regions = _regions(found)
    taken = None
    for source in ("exif:DateTimeOriginal", "photoshop:DateCreated"):
        taken = taken or moment.parse(found.text(source))
    return Xmp(
        rating=_rating(found),
        title=found.text("dc:title"),
        description=found.text("dc:description"),
        keywords=found.list("dc:subject"),
        regions=regions,
        region_size=size,
        taken=taken,
        created=moment.parse(found.text("xmp:CreateDate")),
        latitude=latitude,
        longitude=longitude,
        altitude=_altitude(found),
        camera=(found.text("tiff:Make"), found.text("tiff:Model")),
    )


def _rating(found: Properties) -> int | None:
    """Stars 0 to 5; -1 is "rejected"."""
    stars = number(found.text("xmp:Rating"))
    return None if stars is None or not -1 <= stars <= 5 else round(stars)


def number(text: str | None) -> float | None:
    """A finite number, plain or as a fraction ("35/10"); None otherwise."""
    if not text or len(text) > 64:
        return None
    above, slash, below = text.partition("/")
    try:
        value = float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        return None
    return value if math.isfinite(value) else None


def coordinate(text: str | None, sides: str) -> float | None:
    """Degrees from XMP's "52,31.5N" or "52,31,30N", or from plain degrees; None when it is neither."""
    found = _COORDINATE.fullmatch(text) if text else None
    if found is None:
        return number(text)
    side = found[4].upper()
    minutes, seconds = float(found[2] or 0), float(found[3] or 0)
    if side not in sides or minutes >= 60 or seconds >= 60:
        return None
    angle = int(found[1]) + minutes / 60 + seconds / 3600
    return -angle if side == sides[1] else angle


def _altitude(found: Properties) -> float | None:
    meters = number(found.text("exif:GPSAltitude"))
    if meters is None or not -11_000 <= meters <= 50_000:
        return None
    return -abs(meters) if found.text("exif:GPSAltitudeRef") == "1" else meters


def _regions(found: Properties) -> tuple[tuple[int, int] | None, tuple[Region, ...] | None]:
    whole = found.element("mwg-rs:Regions")
    if whole is not None:
        size = _size(whole)
        return size, tuple(_of_working_group(whole, size))[:_MOST_REGIONS]
    whole = found.element("MP:RegionInfo")
    return None, None if whole is None else tuple(_of_microsoft(whole))[:_MOST_REGIONS]


def _field(element: Element, prefixed: str) -> str | None:
    """A field of a structure, as attribute or element, on the element or on a Description inside it."""
    full = name(prefixed)
    for place in (element, *element.findall(name("rdf:Description"))):
        if (value := place.get(full)) is not None:
            return value
        child = place.find(full)
        if child is not None and child.text is not None:
            return child.text.strip()
    return None


def _structure(element: Element, prefixed: str) -> Element | None:
    for place in (element, *element.findall(name("rdf:Description"))):
        if (child := place.find(name(prefixed))) is not None:
            return child
    return None


def _size(whole: Element) -> tuple[int, int] | None:
    applied = _structure(whole, "mwg-rs:AppliedToDimensions")
    if applied is None:
        return None
    width, height = number(_field(applied, "stDim:w")), number(_field(applied, "stDim:h"))
    return (round(width), round(height)) if width and height and width >= 1 and height >= 1 else None


def _of_working_group(whole: Element, size: tuple[int, int] | None) -> Iterator[Region]:
    for item in whole.iter(name("rdf:li")):
        area = _structure(item, "mwg-rs:Area")
        if area is None or (_field(item, "mwg-rs:Type") or "Face").lower() != "face":
            continue
        values = [number(_field(area, f"stArea:{f}")) for f in "xywh"]
        if any(v is None for v in values):
            continue
        x, y, w, h = (v or 0.0 for v in values)
        if (_field(area, "stArea:unit") or "normalized") == "pixel":
            if size is None:
                continue
            x, y, w, h = x / size[0], y / size[1], w / size[0], h / size[1]
        yield from _inside((_field(item, "mwg-rs:Name") or "").strip(), x - w / 2, y - h / 2, w, h)


def _of_microsoft(whole: Element) -> Iterator[Region]:
    for item in whole.iter(name("rdf:li")):
        values = [number(v) for v in (_field(item, "MPReg:Rectangle") or "").split(",")]
        if len(values) == 4 and all(v is not None for v in values):
            x, y, w, h = (v or 0.0 for v in values)
            yield from _inside((_field(item, "MPReg:PersonDisplayName") or "").strip(), x, y, w, h)


def _inside(label: str, x: float, y: float, w: float, h: float) -> Iterator[Region]:
    """The part of a region that lies inside the picture; nothing when that is nothing."""
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = min(1.0, x + w), min(1.0, y + h)
    if right - left > 1e-6 and bottom - top > 1e-6:
        yield Region(label, left, top, right - left, bottom - top)
