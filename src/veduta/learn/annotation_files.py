"""Annotations to files of other programs, and back: COCO, YOLO and Pascal VOC, boxes to the thousandth of a pixel.

YOLO and VOC hold no masks: those stay behind.
"""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, Literal

from veduta.learn.annotations import BadAnnotation, Class, Image, Item, Project, checked
from veduta.see.finding import Box

Form = Literal["coco", "yolo", "voc"]
Read = list[tuple[str, str, Box, Mapping[str, Any] | None, float | None]]
MOST_BYTES = 500_000_000  # of an unpacked zip
CLASSES = "classes.txt"


def write(project: Project, form: Form, annotator: str) -> bytes:
    """What an annotator labeled: COCO as JSON, YOLO and VOC as zip."""
    return _WRITERS[form](project.images(), project.classes(), project.items(annotator))


def read(project: Project, form: Form, annotator: str, data: bytes) -> int:
    """Put what a file tells in place of what an annotator labeled, in the pictures that it names; how many things.

    New classes are added. Raises BadAnnotation where the file is no such file or names no picture of the project.
    """
    by_name = {_key(image.name, form): image for image in project.images()}
    sizes = {key: (image.width, image.height) for key, image in by_name.items()}
    try:
        named, found = _READERS[form](data, sizes)
    except BadAnnotation:
        raise
    except (KeyError, ValueError, TypeError, IndexError, zipfile.BadZipFile, ET.ParseError) as error:
        raise BadAnnotation(f"no {form.upper()} file: {type(error).__name__} {error}") from error
    here = named & by_name.keys()
    if not here:
        raise BadAnnotation("the file names no picture of this project: add its pictures first")
    classes = {one.name: one.id for one in project.classes()}
    new = [name for name in dict.fromkeys(one[1] for one in found if one[0] in here) if name not in classes]
    if new:
        old = [{"id": one.id, "name": one.name} for one in project.classes()]
        classes = {one.name: one.id for one in project.set_classes([*old, *({"name": n} for n in new)])}
    items: dict[str, list[Item]] = {name: [] for name in here}
    for image, name, box, mask, score in found:
        if image in here:
            items[image].append(
                Item(classes[name], box, mask, "hand" if score is None else "suggested", score)
            )
    for image, things in items.items():  # all of them, before any is written
        for one in things:
            checked(one, by_name[image], set(classes.values()))
    for image, things in items.items():
        project.label(by_name[image].id, annotator, things, done=True)
    return sum(map(len, items.values()))


def _coco(images: list[Image], classes: list[Class], items: Mapping[int, list[Item]]) -> bytes:
    annotations: list[dict[str, Any]] = []
    for image in images:
        for item in items.get(image.id, []):
            one: dict[str, Any] = {"id": len(annotations) + 1, "image_id": image.id}
            one |= {"category_id": item.class_id, "bbox": list(item.box), "iscrowd": 0}
            one["area"] = round(item.box[2] * item.box[3], 3)
            one["segmentation"] = [] if item.mask is None else dict(item.mask)
            if item.score is not None:
                one["score"] = item.score
            annotations.append(one)
    plain = {
        "images": [
            {"id": one.id, "file_name": one.name, "width": one.width, "height": one.height} for one in images
        ],
        "categories": [{"id": one.id, "name": one.name} for one in classes],
        "annotations": annotations,
    }
    return json.dumps(plain, ensure_ascii=False).encode()


def _from_coco(data: bytes, sizes: Mapping[str, tuple[int, int]]) -> tuple[set[str], Read]:
    plain = json.loads(data)
    images = {one["id"]: str(one["file_name"]) for one in plain["images"]}
    names = {one["id"]: str(one["name"]) for one in plain["categories"]}
    found: Read = []
    for one in plain["annotations"]:
        x, y, w, h = (round(float(v), 3) for v in one["bbox"])
        mask = one.get("segmentation")
        runs = mask if isinstance(mask, dict) else None
        found.append(
            (images[one["image_id"]], names[one["category_id"]], (x, y, w, h), runs, one.get("score"))
        )
    return set(images.values()), found


def _yolo(images: list[Image], classes: list[Class], items: Mapping[int, list[Item]]) -> bytes:
    places = {one.id: place for place, one in enumerate(classes)}
    files = {CLASSES: "".join(f"{one.name}\n" for one in classes)}
    for image in images:
        lines = []
        for item in items.get(image.id, []):
            x, y, w, h = item.box
            parts = ((x + w / 2) / image.width, (y + h / 2) / image.height, w / image.width, h / image.height)
            lines.append(" ".join([str(places[item.class_id]), *(f"{part:.12f}" for part in parts)]) + "\n")
        files[f"labels/{_stem(image.name)}.txt"] = "".join(lines)
    return _zip(files)


def _from_yolo(data: bytes, sizes: Mapping[str, tuple[int, int]]) -> tuple[set[str], Read]:
    files = _unzip(data)
    listed = next((text for name, text in files.items() if PurePath(name).name == CLASSES), None)
    if listed is None:
        raise BadAnnotation(f"no YOLO file: {CLASSES} is missing")
    classes = listed.splitlines()
    named, found = set(), Read()
    for name, text in files.items():
        stem = PurePath(name).stem
        if PurePath(name).suffix != ".txt" or PurePath(name).name == CLASSES or stem not in sizes:
            continue
        named.add(stem)
        width, height = sizes[stem]
        for line in text.splitlines():
            if not line.strip():
                continue
            number, *parts = line.split()
            across, down, w, h = (float(part) for part in parts[:4])
            box = ((across - w / 2) * width, (down - h / 2) * height, w * width, h * height)
            found.append((stem, classes[int(number)], _rounded(box), None, None))
    return named, found


def _voc(images: list[Image], classes: list[Class], items: Mapping[int, list[Item]]) -> bytes:
    names = {one.id: one.name for one in classes}
    files = {}
    for image in images:
        root = ET.Element("annotation")
        ET.SubElement(root, "filename").text = image.name
        size = ET.SubElement(root, "size")
        for side, value in (("width", image.width), ("height", image.height), ("depth", 3)):
            ET.SubElement(size, side).text = str(value)
        for item in items.get(image.id, []):
            one = ET.SubElement(root, "object")
            ET.SubElement(one, "name").text = names[item.class_id]
            box = ET.SubElement(one, "bndbox")
            x, y, w, h = item.box
            for side, edge in (("xmin", x), ("ymin", y), ("xmax", x + w), ("ymax", y + h)):
                ET.SubElement(box, side).text = f"{edge:.3f}"
        files[f"Annotations/{_stem(image.name)}.xml"] = ET.tostring(root, encoding="unicode")
    return _zip(files)


def _from_voc(data: bytes, sizes: Mapping[str, tuple[int, int]]) -> tuple[set[str], Read]:
    named, found = set(), Read()
    for name, text in _unzip(data).items():
        if PurePath(name).suffix != ".xml":
            continue
        if "<!DOCTYPE" in text or "<!ENTITY" in text:  # nothing that expands
            raise BadAnnotation(f"no VOC file: {name} declares entities")
        root = ET.fromstring(text)
        image = root.findtext("filename") or ""
        named.add(image)
        for one in root.iter("object"):
            left, top, right, bottom = (
                float(one.findtext(f"bndbox/{side}") or "") for side in ("xmin", "ymin", "xmax", "ymax")
            )
            box = _rounded((left, top, right - left, bottom - top))
            found.append((image, one.findtext("name") or "", box, None, None))
    return named, found


def _rounded(box: Box) -> Box:
    x, y, w, h = (round(value, 3) for value in box)
    return (x + 0.0, y + 0.0, w, h)


def _stem(name: str) -> str:
    """The name without its ending; YOLO and VOC tell pictures apart by it."""
    return PurePath(name).stem


def _key(name: str, form: Form) -> str:
    return _stem(name) if form == "yolo" else name


def _zip(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def _unzip(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(one.file_size for one in archive.infolist()) > MOST_BYTES:
            raise BadAnnotation(f"the zip holds more than {MOST_BYTES // 1_000_000} MB")
        return {
            one.filename: archive.read(one).decode("utf-8") for one in archive.infolist() if not one.is_dir()
        }


_WRITERS: dict[str, Callable[[list[Image], list[Class], Mapping[int, list[Item]]], bytes]] = {
    "coco": _coco,
    "yolo": _yolo,
    "voc": _voc,
}
_READERS: dict[str, Callable[[bytes, Mapping[str, tuple[int, int]]], tuple[set[str], Read]]] = {
    "coco": _from_coco,
    "yolo": _from_yolo,
    "voc": _from_voc,
}
