"""XMP packets: rating, keywords, title, description and named face regions, read and written.

Sources: XMP specification part 1; Metadata Working Group, Guidelines for Handling Image Metadata 2.0 (mwg-rs).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"
XMP = "http://ns.adobe.com/xap/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
META = "adobe:ns:meta/"
REGIONS = "http://www.metadataworkinggroup.com/schemas/regions/"
AREA = "http://ns.adobe.com/xmp/sType/Area#"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

for _prefix, _uri in {
    "rdf": RDF,
    "dc": DC,
    "xmp": XMP,
    "exif": EXIF,
    "x": META,
    "mwg-rs": REGIONS,
    "stArea": AREA,
}.items():
    ElementTree.register_namespace(_prefix, _uri)


@dataclass(frozen=True, slots=True)
class FaceRegion:
    """A named face: top left corner, width and height relative to the upright picture, in [0, 1]."""

    name: str
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Packet:
    """What Veduta reads of an XMP packet; None or empty where it says nothing."""

    title: str | None = None
    description: str | None = None
    rating: int | None = None
    keywords: tuple[str, ...] = ()
    face_regions: tuple[FaceRegion, ...] = ()


def parse(data: bytes) -> Packet:
    """Read a packet; a damaged or hostile one counts as empty."""
    root = _root(data)
    if root is None:
        return Packet()
    rating = _value(root, XMP, "Rating")
    stars = None
    with contextlib.suppress(ValueError, OverflowError, TypeError):
        stars = int(float(rating)) if rating is not None else None
    return Packet(
        title=next(iter(_items(root, DC, "title")), None),
        description=next(iter(_items(root, DC, "description")), None),
        rating=stars if stars is not None and -1 <= stars <= 5 else None,
        keywords=tuple(dict.fromkeys(_items(root, DC, "subject"))),
        face_regions=tuple(_regions(root)),
    )


def compose(packet: Packet, size: tuple[int, int] | None = None, existing: bytes = b"") -> bytes:
    """A packet's bytes: `existing` with these properties replaced, all else in it kept. `size` is for the regions."""
    root = _root(existing)
    if root is None:
        root = ElementTree.Element(f"{{{META}}}xmpmeta")
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f"{{{RDF}}}RDF")
    if rdf is None:
        rdf = ElementTree.SubElement(root, f"{{{RDF}}}RDF")
    description = rdf.find(f"{{{RDF}}}Description")
    if description is None:
        description = ElementTree.SubElement(rdf, f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""})
    if packet.title is not None:
        _put_list(rdf, description, DC, "title", "Alt", [packet.title])
    if packet.description is not None:
        _put_list(rdf, description, DC, "description", "Alt", [packet.description])
    if packet.rating is not None:
        _drop(rdf, XMP, "Rating")
        description.set(f"{{{XMP}}}Rating", str(packet.rating))
    if packet.keywords:
        _put_list(rdf, description, DC, "subject", "Bag", packet.keywords)
    if packet.face_regions:
        _put_regions(rdf, description, packet.face_regions, size)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _root(data: bytes) -> ElementTree.Element | None:
    start = data.find(b"<")
    if start < 0:
        return None
    try:
        return fromstring(data[start:].rstrip(b"\x00 \r\n\t"), forbid_dtd=True)  # type: ignore[no-any-return]
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError):
        return None


def _value(root: ElementTree.Element, space: str, name: str) -> str | None:
    for element in root.iter(f"{{{RDF}}}Description"):
        if f"{{{space}}}{name}" in element.attrib:
            return element.attrib[f"{{{space}}}{name}"]
    found = next(root.iter(f"{{{space}}}{name}"), None)
    return None if found is None or found.text is None else found.text.strip()


def _items(root: ElementTree.Element, space: str, name: str) -> list[str]:
    for element in root.iter(f"{{{space}}}{name}"):
        items = [(li.text or "").strip() for li in element.iter(f"{{{RDF}}}li")] or [
            (element.text or "").strip()
        ]
        return [item[:2000] for item in items if item]
    value = _value(root, space, name)
    return [value] if value else []


def _own(element: ElementTree.Element, space: str, name: str) -> str | None:
    """A property of this element or of the Description in it, as attribute or child."""
    for holder in (element, element.find(f"{{{RDF}}}Description")):
        if holder is not None:
            if f"{{{space}}}{name}" in holder.attrib:
                return holder.attrib[f"{{{space}}}{name}"]
            child = holder.find(f"{{{space}}}{name}")
            if child is not None and child.text:
                return child.text.strip()
    return None


def _regions(root: ElementTree.Element) -> Iterable[FaceRegion]:
    for regions in root.iter(f"{{{REGIONS}}}RegionList"):
        for item in regions.iter(f"{{{RDF}}}li"):
            name, kind = _own(item, REGIONS, "Name"), _own(item, REGIONS, "Type")
            area = next(item.iter(f"{{{REGIONS}}}Area"), None)
            if not name or area is None or (kind is not None and kind.lower() not in {"face", "pet"}):
                continue
            try:
                x, y, w, h = (float(_own(area, AREA, part) or "nan") for part in "xywh")
            except ValueError:
                continue
            if (
                all(math.isfinite(v) for v in (x, y, w, h))
                and 0 < w <= 1
                and 0 < h <= 1
                and 0 <= x <= 1
                and 0 <= y <= 1
            ):
                yield FaceRegion(name[:200], x - w / 2, y - h / 2, w, h)  # the standard stores centers


def _drop(rdf: ElementTree.Element, space: str, name: str) -> None:
    for description in rdf.findall(f"{{{RDF}}}Description"):
        description.attrib.pop(f"{{{space}}}{name}", None)
        for child in description.findall(f"{{{space}}}{name}"):
            description.remove(child)


def _put_list(
    rdf: ElementTree.Element,
    holder: ElementTree.Element,
    space: str,
    name: str,
    kind: str,
    items: Iterable[str],
) -> None:
    _drop(rdf, space, name)
    bag = ElementTree.SubElement(ElementTree.SubElement(holder, f"{{{space}}}{name}"), f"{{{RDF}}}{kind}")
    for item in items:
        attributes = {_LANG: "x-default"} if kind == "Alt" else {}
        ElementTree.SubElement(bag, f"{{{RDF}}}li", attributes).text = "".join(
            c for c in item if c >= " " or c in "\n\t"
        )


def _put_regions(
    rdf: ElementTree.Element,
    holder: ElementTree.Element,
    faces: Iterable[FaceRegion],
    size: tuple[int, int] | None,
) -> None:
    _drop(rdf, REGIONS, "Regions")
    resource = {f"{{{RDF}}}parseType": "Resource"}
    regions = ElementTree.SubElement(holder, f"{{{REGIONS}}}Regions", resource)
    if size is not None:
        width, height = size
        dim = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
        ElementTree.SubElement(
            regions,
            f"{{{REGIONS}}}AppliedToDimensions",
            {f"{{{dim}}}w": str(width), f"{{{dim}}}h": str(height), f"{{{dim}}}unit": "pixel"},
        )
    bag = ElementTree.SubElement(ElementTree.SubElement(regions, f"{{{REGIONS}}}RegionList"), f"{{{RDF}}}Bag")
    for face in faces:
        item = ElementTree.SubElement(bag, f"{{{RDF}}}li", resource)
        ElementTree.SubElement(item, f"{{{REGIONS}}}Name").text = face.name
        ElementTree.SubElement(item, f"{{{REGIONS}}}Type").text = "Face"
        area = {"x": face.x + face.w / 2, "y": face.y + face.h / 2, "w": face.w, "h": face.h}
        attributes = {f"{{{AREA}}}{key}": f"{value:.6f}" for key, value in area.items()}
        ElementTree.SubElement(item, f"{{{REGIONS}}}Area", {**attributes, f"{{{AREA}}}unit": "normalized"})
