"""Small pictures of every format, made here: what the tests read back is known exactly."""

from __future__ import annotations

import io
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def gradient(width: int = 96, height: int = 64) -> Pixels:
    """A smooth picture in which each corner, and so each orientation, is different."""
    x = np.linspace(0, 1, width)[None, :]
    y = np.linspace(0, 1, height)[:, None]
    planes = [40 + 180 * x + 0 * y, 30 + 200 * y + 0 * x, 60 + 120 * (x * y)]
    return np.stack(planes, -1).round().astype(np.uint8)


def encode(pixels: Pixels | Image.Image, kind: str, **options: Any) -> bytes:
    """A file of this format, in memory."""
    out = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(out, kind, **options)
    return out.getvalue()


def ifd(entries: list[tuple[int, int, int, bytes]], start: int, following: int = 0) -> bytes:
    """A little-endian TIFF directory at offset `start`: (tag, type, count, value bytes); long values come behind."""
    behind = start + 2 + 12 * len(entries) + 4
    table, tail = struct.pack("<H", len(entries)), b""
    for tag, kind, count, value in sorted(entries):
        if len(value) > 4:
            field = struct.pack("<I", behind + len(tail))
            tail += value + b"\0" * (len(value) % 2)
        else:
            field = value.ljust(4, b"\0")
        table += struct.pack("<HHI", tag, kind, count) + field
    return table + struct.pack("<I", following) + tail


def short(tag: int, *values: int) -> tuple[int, int, int, bytes]:
    return tag, 3, len(values), struct.pack(f"<{len(values)}H", *values)


def long(tag: int, *values: int) -> tuple[int, int, int, bytes]:
    return tag, 4, len(values), struct.pack(f"<{len(values)}I", *values)


def ascii_text(tag: int, text: str) -> tuple[int, int, int, bytes]:
    raw = text.encode() + b"\0"
    return tag, 2, len(raw), raw


def rational(tag: int, *values: tuple[int, int]) -> tuple[int, int, int, bytes]:
    return tag, 5, len(values), b"".join(struct.pack("<II", *v) for v in values)


def exif_block(
    main: list[tuple[int, int, int, bytes]],
    camera: list[tuple[int, int, int, bytes]] | None = None,
    gps: list[tuple[int, int, int, bytes]] | None = None,
) -> bytes:
    """An EXIF block with its directories."""
    pointers = ([0x8769] if camera else []) + ([0x8825] if gps else [])
    length = len(ifd([*main, *(long(p, 0) for p in pointers)], 8))
    parts, offset, filled = [], 8 + length + length % 2, list(main)
    for pointer, entries in ((0x8769, camera), (0x8825, gps)):
        if entries:
            filled.append(long(pointer, offset))
            part = ifd(entries, offset)
            part += b"\0" * (len(part) % 2)
            parts.append(part)
            offset += len(part)
    first = ifd(filled, 8)
    return b"II*\0\x08\0\0\0" + first + b"\0" * (len(first) % 2) + b"".join(parts)


def jpeg_with(exif: bytes | None = None, xmp: bytes | None = None, pixels: Pixels | None = None) -> bytes:
    """A JPEG that carries these blocks."""
    data = encode(gradient() if pixels is None else pixels, "JPEG", quality=90)
    segments = b""
    for head, body in ((b"Exif\0\0", exif), (b"http://ns.adobe.com/xap/1.0/\0", xmp)):
        if body is not None:
            content = head + body
            segments += b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content
    return data[:2] + segments + data[2:]


def xmp_packet(inside: str) -> bytes:
    """An XMP packet with these properties inside its description."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        ' xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
        ' xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"'
        ' xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'
        ' xmlns:mine="http://example.com/mine/">'
        f"{inside}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    ).encode()


def dng(width: int = 64, height: int = 48, orientation: int = 1, preview: bytes | None = None) -> bytes:
    """A DNG of a gray field on a Bayer sensor, 16 bits, with a JPEG preview if given."""
    sensor = np.full((height, width), 30_000, "<u2").tobytes()
    raw_at = 8

    def raw_tags(strip: int) -> list[tuple[int, int, int, bytes]]:
        return [
            long(0x00FE, 0),
            long(0x0100, width),
            long(0x0101, height),
            short(0x0102, 16),
            short(0x0103, 1),
            short(0x0106, 32803),
            long(0x0111, strip),
            short(0x0115, 1),
            long(0x0116, height),
            long(0x0117, len(sensor)),
            short(0x828D, 2, 2),
            (0x828E, 1, 4, bytes([0, 1, 1, 2])),
        ]

    matrix = (
        0xC621,
        10,
        9,
        b"".join(struct.pack("<ii", v, 10_000) for v in (10_000, 0, 0, 0, 10_000, 0, 0, 0, 10_000)),
    )
    common = [
        ascii_text(0x010F, "Veduta"),
        ascii_text(0x0110, "Camera obscura"),
        short(0x0112, orientation),
        (0xC612, 1, 4, bytes([1, 4, 0, 0])),
        (0xC613, 1, 4, bytes([1, 1, 0, 0])),
        ascii_text(0xC614, "Veduta Camera obscura"),
        matrix,
        rational(0xC628, (1, 1), (1, 1), (1, 1)),
        short(0xC65A, 21),
        ascii_text(0x0132, "2024:05:01 12:30:00"),
    ]
    if preview is None:
        length = len(ifd([*common, *raw_tags(0)], raw_at))
        strip = raw_at + length + length % 2
        first = ifd([*common, *raw_tags(strip)], raw_at)
        return b"II*\0\x08\0\0\0" + first + b"\0" * (length % 2) + sensor
    small = Image.open(io.BytesIO(preview)).size

    def preview_tags(strip: int, sub: int) -> list[tuple[int, int, int, bytes]]:
        return [
            long(0x00FE, 1),
            long(0x0100, small[0]),
            long(0x0101, small[1]),
            short(0x0102, 8, 8, 8),
            short(0x0103, 7),
            short(0x0106, 6),
            long(0x0111, strip),
            short(0x0115, 3),
            long(0x0116, small[1]),
            long(0x0117, len(preview)),
            long(0x014A, sub),
        ]

    length = len(ifd([*common, *preview_tags(0, 0)], 8))
    sub_at = 8 + length + length % 2
    sub_length = len(ifd(raw_tags(0), sub_at))
    preview_at = sub_at + sub_length + sub_length % 2
    sensor_at = preview_at + len(preview) + len(preview) % 2
    first = ifd([*common, *preview_tags(preview_at, sub_at)], 8)
    second = ifd(raw_tags(sensor_at), sub_at)
    return (
        b"II*\0\x08\0\0\0"
        + first
        + b"\0" * (length % 2)
        + second
        + b"\0" * (sub_length % 2)
        + preview
        + b"\0" * (len(preview) % 2)
        + sensor
    )


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of an ISO base media file."""
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + kind + body


def movie_header(created: int, scale: int, length: int) -> bytes:
    return box(b"mvhd", struct.pack(">IIIII", 0, created, created, scale, length), b"\0" * 80)


def quicktime_keys(values: dict[str, str]) -> bytes:
    """QuickTime's metadata as iPhones write it."""
    names = b"".join(box(b"mdta", k.encode()) for k in values)
    items = b"".join(
        box(struct.pack(">I", i), box(b"data", struct.pack(">II", 1, 0), v.encode()))
        for i, v in enumerate(values.values(), 1)
    )
    return box(
        b"meta",
        box(b"hdlr", b"\0" * 8 + b"mdta" + b"\0" * 13),
        box(b"keys", struct.pack(">II", 0, len(values)), names),
        box(b"ilst", items),
    )


def _planes(rgb: NDArray[np.float64], bits: int) -> list[NDArray[np.uint16]]:
    """BT.709 in all codes: luma, blue and red, from colors (h, w, 3) in [0, 1]."""
    top, middle = 2**bits - 1, 2 ** (bits - 1)
    luma = rgb @ np.array([0.2126, 0.7152, 0.0722])
    blue, red = (rgb[..., 2] - luma) / 1.8556, (rgb[..., 0] - luma) / 1.5748
    return [
        np.rint(np.clip(one, 0, top)).astype(np.uint16)
        for one in (luma * top, blue * top + middle, red * top + middle)
    ]


def _frame(planes: list[NDArray[np.uint16]], form: str) -> Any:
    import av

    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, form)
    for place, codes in zip(frame.planes, planes, strict=True):
        if (place.height, place.width) != codes.shape:
            codes = np.rint(codes.reshape(place.height, 2, place.width, 2).mean((1, 3))).astype(np.uint16)
        rows = np.zeros((place.height, place.line_size // 2), np.uint16)
        rows[:, : place.width] = codes
        place.update(rows.tobytes())
    frame.color_range, frame.colorspace = 2, 1
    return frame


def deep_avif(rgb: NDArray[np.float64]) -> bytes:
    """An AVIF of 10 bits, chroma halved, of colors (h, w, 3) in [0, 1] with even sides."""
    # The encoder gives the thread that calls it real-time priority where it may (as root): a thread of its own takes
    # that along when it ends, and neither this process nor those that it starts keep it.
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(_deep_avif, rgb).result()


def _deep_avif(rgb: NDArray[np.float64]) -> bytes:
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="avif") as file:
        stream: Any = file.add_stream("libsvtav1", rate=1)
        stream.height, stream.width = rgb.shape[:2]
        stream.pix_fmt, stream.options = "yuv420p10le", {"crf": "1", "preset": "8"}
        context = stream.codec_context
        context.color_range, context.colorspace, context.color_primaries, context.color_trc = 2, 1, 1, 13
        for frame in (_frame(_planes(rgb, 10), "yuv420p10le"), None):
            for packet in stream.encode(frame):
                file.mux(packet)
    return out.getvalue()


def _versioned(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *content)


def deep_heic(rgb: NDArray[np.float64], bits: int = 10, p3: bool = False, profile: bytes = b"") -> bytes:
    """A HEIC of 8, 10 or 12 bits without loss of colors (h, w, 3) in [0, 1]; `p3`: Display P3 by a number."""
    import av

    film = io.BytesIO()
    height, width = rgb.shape[:2]
    form = "yuv444p" if bits == 8 else f"yuv444p{bits}le"
    with av.open(film, "w", format="mp4") as file:
        stream: Any = file.add_stream("libx265", rate=1)
        stream.height, stream.width, stream.pix_fmt = height, width, form
        told = "lossless=1:log-level=none:keyint=1:range=full:colormatrix=bt709"
        stream.options = {"x265-params": told, "preset": "ultrafast"}
        planes = _planes(rgb, bits)
        if bits == 8:
            frame: Any = av.VideoFrame(width, height, form)
            for place, codes in zip(frame.planes, planes, strict=True):
                rows = np.zeros((height, place.line_size), np.uint8)
                rows[:, :width] = codes
                place.update(rows.tobytes())
        else:
            frame = _frame(planes, form)
        for one in (frame, None):
            for packet in stream.encode(one):
                file.mux(packet)
    data = film.getvalue()
    at = data.index(b"hvcC") - 4
    setup = data[at : at + int.from_bytes(data[at : at + 4], "big")]
    with av.open(io.BytesIO(data)) as file:
        coded = next(bytes(packet) for packet in file.demux(video=0) if packet.size)
    head = box(b"ftyp", b"heix\0\0\0\0mif1heix")
    numbers = b"nclx" + struct.pack(">HHHB", 12 if p3 else 1, 13, 1, 128)
    shared = [
        _versioned(b"ispe", struct.pack(">II", width, height)),
        setup,
        box(b"colr", numbers),
        _versioned(b"pixi", bytes([3, bits, bits, bits])),
        *([box(b"colr", b"prof" + profile)] if profile else []),
    ]
    owned = bytes([1, 0x82, 3, 4, *([5] if profile else [])])
    item = _versioned(b"infe", struct.pack(">HH", 1, 0) + b"hvc1\0", version=2)

    def meta(start: int) -> bytes:
        place = struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, start, len(coded))
        return _versioned(
            b"meta",
            _versioned(b"hdlr", b"\0\0\0\0pict" + bytes(13)),
            _versioned(b"pitm", struct.pack(">H", 1)),
            _versioned(b"iloc", place),
            _versioned(b"iinf", struct.pack(">H", 1), item),
            box(
                b"iprp",
                box(b"ipco", *shared),
                _versioned(b"ipma", struct.pack(">IHB", 1, 1, len(owned)), owned),
            ),
        )

    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", coded)
