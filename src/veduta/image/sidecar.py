"""The XMP file beside a photo: the only place where Veduta writes what people say about a photo, and only
when asked.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack
from xml.dom.minidom import Document, Element
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.minidom import parseString

from veduta.errors import VedutaError
from veduta.files import write_bytes
from veduta.image import formats, orientation, xmp
from veduta.image.xmp import NAMESPACES, Xmp

_MOST_BYTES = 1 << 24
_XMLNS = "http://www.w3.org/2000/xmlns/"
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Veduta">\n'
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '  <rdf:Description rdf:about=""/>\n'
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
    '<?xpacket end="w"?>'
)


class BrokenSidecarError(VedutaError):
    """A sidecar that cannot be understood, and is therefore left as it is."""


@dataclass(frozen=True, slots=True)
class FaceRegion:
    """A face: left, top, width and height relative to the upright photo, 0 to 1; the name may be empty."""

    name: str
    x: float
    y: float
    w: float
    h: float


class Fields(TypedDict, total=False):
    """What `write` can write; a field that is given as None is erased, one not given is left alone."""

    rating: int | None
    title: str | None
    description: str | None
    keywords: tuple[str, ...] | None
    face_regions: tuple[FaceRegion, ...] | None
    taken: datetime.datetime | None
    taken_offset: int | None
    latitude: float | None
    longitude: float | None


def find(path: Path) -> Path | None:
    """The photo's sidecar: "IMG.jpg.xmp", else "IMG.xmp" unless that belongs to a raw file beside it."""
    for suffix in (".xmp", ".XMP"):
        full = path.with_name(path.name + suffix)
        if full.is_file():
            return full
    for suffix in (".xmp", ".XMP"):
        short = path.with_suffix(suffix)
        if short.is_file() and not _belongs_to_raw(path):
            return short
    return None


def _belongs_to_raw(path: Path) -> bool:
    if path.suffix.lower() in formats.RAW_SUFFIXES:
        return False
    return any(
        path.with_suffix(spelled).exists()
        for suffix in formats.RAW_SUFFIXES
        for spelled in (suffix, suffix.upper())
    )


def read(path: Path) -> Xmp | None:
    """What the photo's sidecar says; None when there is none or it cannot be understood."""
    try:
        beside = find(path)
        if beside is None or beside.stat().st_size > _MOST_BYTES:
            return None
        return xmp.parse(beside.read_bytes())
    except (OSError, ValueError):
        return None


def named(path: Path) -> Path:
    """Where a new sidecar of a photo goes: "IMG.jpg.xmp", so that IMG.jpg and IMG.png never share one."""
    return path.with_name(path.name + ".xmp")


def write(beside: Path, size: tuple[int, int] | None = None, turn: int = 1, **fields: Unpack[Fields]) -> None:
    """Write fields into the sidecar `beside`, atomically; what else stands in it is kept.

    `size` and `turn` are the upright photo's size and its EXIF orientation: regions are stored as the
    standard wants them, relative to the picture before it is turned. Raises BrokenSidecarError when the existing
    sidecar is no XMP, ValueError for values out of range, OSError when the folder cannot be written.
    """
    _check(fields)
    document = _open(beside)
    blocks = document.getElementsByTagNameNS(NAMESPACES["rdf"], "Description")
    home = next((b for b in blocks if _is_block(b)), None)
    if home is None:
        raise BrokenSidecarError(
            f"{beside.name}: holds no XMP description; move it away to have a new one written"
        )
    writer = _Writer(document, home)
    if "rating" in fields:
        writer.simple("xmp:Rating", None if fields["rating"] is None else str(fields["rating"]))
    if "title" in fields:
        writer.alternatives("dc:title", fields["title"])
    if "description" in fields:
        writer.alternatives("dc:description", fields["description"])
    if "keywords" in fields:
        writer.bag("dc:subject", fields["keywords"])
    if "taken" in fields:
        writer.simple("exif:DateTimeOriginal", _iso(fields["taken"], fields.get("taken_offset")))
    if "latitude" in fields:
        writer.simple("exif:GPSLatitude", _degrees(fields["latitude"], "NS"))
        writer.simple("exif:GPSLongitude", _degrees(fields.get("longitude"), "EW"))
    if "face_regions" in fields:
        stored = orientation.upright_size(*size, turn) if size else None
        writer.faces(fields["face_regions"] or (), stored, turn)
    write_bytes(beside, document.toxml(encoding="utf-8").split(b"?>", 1)[1].lstrip())


def _check(fields: Fields) -> None:
    rating = fields.get("rating")
    if rating is not None and not -1 <= rating <= 5:
        raise ValueError(f"a rating is -1 (rejected) or 0 to 5, not {rating}")
    latitude, longitude = fields.get("latitude"), fields.get("longitude")
    if (latitude is None) != (longitude is None):
        raise ValueError("latitude and longitude are written together")
    if latitude is not None and longitude is not None and not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError(f"no such position: {latitude}, {longitude}")
    for region in fields.get("face_regions") or ():
        if not (
            region.w > 0 and region.h > 0 and min(region.x, region.y) > -1 and max(region.x, region.y) < 1
        ):
            raise ValueError(f"a face outside the photo: {region}")


def _open(beside: Path) -> Document:
    if not beside.exists():
        return parseString(_EMPTY)
    try:
        content: Any = beside.read_bytes().strip(b"\0 \t\r\n")  # bytes: the encoding is the parser's business
        return parseString(content, forbid_dtd=True)
    except (ExpatError, DefusedXmlException, ValueError, LookupError) as error:
        raise BrokenSidecarError(
            f"{beside.name}: cannot be understood ({error}); move it away to have a new one written"
        ) from error


def _is_block(element: Element) -> bool:
    parent = element.parentNode
    return parent is not None and parent.nodeName.split(":")[-1] == "RDF"


def _iso(taken: datetime.datetime | None, offset: int | None) -> str | None:
    if taken is None:
        return None
    text = taken.replace(tzinfo=None).isoformat()
    if offset is None:
        return text
    return f"{text}{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"


def _degrees(angle: float | None, sides: str) -> str | None:
    if angle is None:
        return None
    # Eight digits of a minute: below a tenth of a millimeter, so that what is read back equals what was
    # written.
    minutes = round(abs(angle) * 60, 8)
    return f"{int(minutes // 60)},{minutes % 60:.8f}{sides[1] if angle < 0 else sides[0]}"


class _Writer:
    """Sets properties of one `rdf:Description`, removing what any description said about them before."""

    def __init__(self, document: Document, home: Element) -> None:
        self._document = document
        self._home = home

    def simple(self, prefixed: str, value: str | None) -> None:
        self._erase(prefixed)
        if value is not None:
            self._home.appendChild(self._element(prefixed, value))

    def alternatives(self, prefixed: str, value: str | None) -> None:
        self._erase(prefixed)
        if value:
            item = self._element("rdf:li", value)
            item.setAttribute("xml:lang", "x-default")
            self._container(prefixed, "rdf:Alt", [item])

    def bag(self, prefixed: str, values: tuple[str, ...] | None) -> None:
        self._erase(prefixed)
        if values:
            self._container(prefixed, "rdf:Bag", [self._element("rdf:li", v) for v in values])

    def faces(self, regions: tuple[FaceRegion, ...], size: tuple[int, int] | None, turn: int) -> None:
        """Replace the faces; regions of other kinds (pets, bar codes, focus points) stay."""
        kept = self._other_regions()
        self._erase("mwg-rs:Regions")
        if not regions and not kept:
            return
        whole = self._element("mwg-rs:Regions")
        whole.setAttribute("rdf:parseType", "Resource")
        if size is not None:
            dimensions = self._element("mwg-rs:AppliedToDimensions")
            for field, value in (("w", str(size[0])), ("h", str(size[1])), ("unit", "pixel")):
                self._attribute(dimensions, f"stDim:{field}", value)
            whole.appendChild(dimensions)
        listed = self._element("mwg-rs:RegionList")
        bag = self._element("rdf:Bag")
        for region in regions:
            bag.appendChild(self._region(region, turn))
        for other in kept:
            bag.appendChild(other)
        listed.appendChild(bag)
        whole.appendChild(listed)
        self._home.appendChild(whole)

    def _region(self, region: FaceRegion, turn: int) -> Element:
        x, y, w, h = orientation.stored_box((region.x, region.y, region.w, region.h), turn)
        item = self._element("rdf:li")
        item.setAttribute("rdf:parseType", "Resource")
        item.appendChild(self._element("mwg-rs:Type", "Face"))
        if region.name:
            item.appendChild(self._element("mwg-rs:Name", region.name))
        area = self._element("mwg-rs:Area")
        for field, value in (("x", x + w / 2), ("y", y + h / 2), ("w", w), ("h", h)):
            self._attribute(area, f"stArea:{field}", f"{value:.9f}".rstrip("0").rstrip("."))
        self._attribute(area, "stArea:unit", "normalized")
        item.appendChild(area)
        return item

    def _other_regions(self) -> list[Element]:
        space = NAMESPACES["mwg-rs"]
        kept = []
        for whole in self._document.getElementsByTagNameNS(space, "Regions"):
            for item in whole.getElementsByTagNameNS(NAMESPACES["rdf"], "li"):
                holders = [item, *item.getElementsByTagNameNS(NAMESPACES["rdf"], "Description")]
                kinds = [h.getAttributeNS(space, "Type") for h in holders]
                typed = item.getElementsByTagNameNS(space, "Type")
                kinds += [e.firstChild.nodeValue or "" for e in typed if e.firstChild is not None]
                copy = item.cloneNode(True)
                if copy is not None and any(k and k.lower() != "face" for k in kinds):
                    kept.append(copy)
        return kept

    def _erase(self, prefixed: str) -> None:
        prefix, local = prefixed.split(":")
        space = NAMESPACES[prefix]
        for block in self._document.getElementsByTagNameNS(NAMESPACES["rdf"], "Description"):
            if not _is_block(block):
                continue
            if block.hasAttributeNS(space, local):
                block.removeAttributeNS(space, local)
            for child in list(block.childNodes):
                if child.namespaceURI == space and child.localName == local:
                    block.removeChild(child)

    def _element(self, prefixed: str, text: str | None = None) -> Element:
        prefix = prefixed.split(":")[0]
        self._declare(prefix)
        element = self._document.createElementNS(NAMESPACES[prefix], prefixed)
        if text is not None:
            element.appendChild(self._document.createTextNode(_clean(text)))
        return element

    def _attribute(self, element: Element, prefixed: str, value: str) -> None:
        prefix = prefixed.split(":")[0]
        self._declare(prefix)
        element.setAttributeNS(NAMESPACES[prefix], prefixed, _clean(value))

    def _container(self, prefixed: str, kind: str, items: list[Element]) -> None:
        prop, container = self._element(prefixed), self._element(kind)
        for item in items:
            container.appendChild(item)
        prop.appendChild(container)
        self._home.appendChild(prop)

    def _declare(self, prefix: str) -> None:
        if self._home.getAttribute(f"xmlns:{prefix}") != NAMESPACES[prefix]:
            self._home.setAttributeNS(_XMLNS, f"xmlns:{prefix}", NAMESPACES[prefix])


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        c
        for c in text
        if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )
