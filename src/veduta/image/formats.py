"""What kind of file it is: by its content first, by its name only where the content cannot tell."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal

Format = Literal[
    "jpeg", "png", "webp", "avif", "heif", "tiff", "bmp", "gif", "jpeg2000", "psd", "raw", "video", "other"
]

RAW_SUFFIXES = frozenset(
    """
    .3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .fff .gpr .iiq .k25 .kdc .mdc .mef .mos .mrw .nef .nrw .orf .pef
    .raf .raw .rw2 .rwl .sr2 .srf .srw .x3f
    """.split()  # noqa: SIM905 - read at a glance
)

PHOTO_SUFFIXES = RAW_SUFFIXES | frozenset(
    """
    .jpg .jpeg .jpe .jfif .mpo .png .apng .webp .avif .avifs .heic .heif .heics .hif .tif .tiff .bmp .dib
    .gif .jp2 .j2k .jpx .jpf .j2c .psd .tga .ppm .pgm .pbm .pnm .qoi
    """.split()  # noqa: SIM905 - read at a glance
)

VIDEO_SUFFIXES = frozenset(
    """
    .mp4 .m4v .mov .qt .3gp .3g2 .avi .mkv .webm .mts .m2ts .mpg .mpeg .wmv .asf .flv .ogv
    """.split()  # noqa: SIM905 - read at a glance
)

# Suffixes that name the content truly; the first is the usual one.
_SUFFIXES: dict[str, tuple[str, ...]] = {
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".insp", ".jps"),
    "png": (".png", ".apng"),
    "webp": (".webp",),
    "avif": (".avif", ".avifs", ".heif", ".hif"),
    "heif": (".heic", ".heif", ".heics", ".heifs", ".hif"),
    "tiff": (".tif", ".tiff"),
    "bmp": (".bmp", ".dib"),
    "gif": (".gif",),
    "jpeg2000": (".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"),
    "psd": (".psd", ".psb"),
    "raw": (*sorted(RAW_SUFFIXES), ".tif", ".tiff"),
}

NAMES = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WebP",
    "avif": "AVIF",
    "heif": "HEIF",
    "tiff": "TIFF",
    "bmp": "BMP",
    "gif": "GIF",
    "jpeg2000": "JPEG 2000",
    "psd": "Photoshop",
    "raw": "camera raw",
    "video": "video",
}

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0\x10\0\0\0CR", "raw"),  # Canon CR2
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"8BPS", "psd"),
    (b"FUJIFILMCCD-RAW", "raw"),
    (b"IIRO", "raw"),  # Olympus ORF, three spellings
    (b"IIRS", "raw"),
    (b"MMOR", "raw"),
    (b"IIU\0", "raw"),  # Panasonic RW2
    (b"FOVb", "raw"),  # Sigma X3F
    (b"\0MRM", "raw"),  # Minolta MRW
    (b"II\x1a\0\0\0HEAPCCDR", "raw"),  # Canon CRW
    (b"\x1aE\xdf\xa3", "video"),  # Matroska, WebM
    (b"0&\xb2u\x8ef\xcf\x11", "video"),  # ASF, WMV
    (b"FLV\x01", "video"),
    (b"\0\0\x01\xba", "video"),  # MPEG program stream
    (b"OggS", "video"),
    (b"BM", "bmp"),
)

_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"))
_BOXES_OF_VIDEO = frozenset((b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))


def sniff(head: bytes) -> Format:
    """The format that the first bytes show ("other" when none is known); 64 bytes or more tell best."""
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"AVI ": "video"}.get(head[8:12], "other")  # type: ignore[return-value]
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] in _BOXES_OF_VIDEO:
        return "video"
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return "video"  # MPEG transport stream
    if len(head) > 388 and head[4] == head[196] == head[388] == 0x47:
        return "video"  # the same with time stamps (AVCHD)
    return "other"


def _by_brand(head: bytes) -> Format:
    """The format of an ISO base media file by its brands."""
    end = min(len(head), max(16, int.from_bytes(head[:4], "big")))
    brands = [head[8:12], *(head[i : i + 4] for i in range(16, end - 3, 4))]
    if brands[0] == b"crx ":
        return "raw"
    if any(b in (b"avif", b"avis") for b in brands):
        return "avif"
    if any(b in _HEIF_BRANDS for b in brands) or brands[0] in (b"mif1", b"msf1", b"miaf"):
        return "heif"
    return "video"


def note_on_name(path: PurePath | str, kind: str) -> str | None:
    """A note when the file's name says another format than its content; None when they agree or the name says
    nothing.
    """
    suffix = PurePath(path).suffix.lower()
    known = suffix in PHOTO_SUFFIXES or suffix in VIDEO_SUFFIXES
    if not known or kind not in _SUFFIXES or suffix in _SUFFIXES[kind]:
        return None
    return f"named {suffix} but holds {NAMES[kind]}"
