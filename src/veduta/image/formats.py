"""What a file is, told by its first bytes and not by its name."""

from __future__ import annotations

PHOTO_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .apng .webp .avif .heic .heif .hif .tif .tiff .bmp .dib .gif .jp2 .j2k .jpf .jpx .j2c"
    " .dng .cr2 .cr3 .nef .nrw .arw .srf .sr2 .orf .rw2 .raf .pef .srw .x3f .erf .3fr .mef .mos .raw .rwl .iiq"
    " .psd .ppm .pgm .pbm .pnm .tga .ico".split()
)
RAW_SUFFIXES = frozenset(
    ".dng .cr2 .cr3 .nef .nrw .arw .srf .sr2 .orf .rw2 .raf .pef .srw .x3f .erf .3fr .mef .mos .raw .rwl .iiq".split()
)
VIDEO_SUFFIXES = frozenset(".mp4 .mov .m4v .avi .mkv .webm .mpg .mpeg .3gp .3g2 .mts .m2ts .wmv .ogv".split())

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"}
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"\x00\x00\x00\x0cjP  ", "JPEG2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG2000"),
    (0, b"8BPS", "PSD"),
    (0, b"FUJIFILMCCD-RAW", "RAW"),
    (0, b"FOVb", "RAW"),
    (0, b"IIU\x00", "RAW"),
    (0, b"IIRO", "RAW"),
    (0, b"IIRS", "RAW"),
    (0, b"MMOR", "RAW"),
    (0, b"\x1aE\xdf\xa3", "VIDEO"),
    (0, b"\x00\x00\x01\xba", "VIDEO"),
    (0, b"\x00\x00\x01\xb3", "VIDEO"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "VIDEO"),
    (0, b"OggS", "VIDEO"),
)


def sniff(head: bytes, suffix: str = "") -> str:
    """Name the format of a file from its first bytes (64 are enough); "" when they say nothing.

    RAW files of most makers are TIFF inside: for those `suffix` (lower case, with its dot) decides.
    """
    for offset, magic, name in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return name
    if head[:4] == b"RIFF":
        return {b"WEBP": "WEBP", b"AVI ": "VIDEO"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        brand, compatible = head[8:12], {head[i : i + 4] for i in range(16, min(len(head), 64), 4)}
        if brand == b"crx ":
            return "RAW"
        if brand in {b"avif", b"avis"} or (b"avif" in compatible and brand in {b"mif1", b"msf1"}):
            return "AVIF"
        return "HEIF" if brand in _HEIF_BRANDS else "VIDEO"
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free"}:
        return "VIDEO"
    if head[:4] in {b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"}:
        return "RAW" if suffix in RAW_SUFFIXES or head[8:10] == b"CR" else "TIFF"
    return ""
