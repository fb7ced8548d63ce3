"""Text on the wire: file names in any encoding, as JSON and HTTP headers can carry them."""

from __future__ import annotations

from urllib.parse import quote


def readable(text: object) -> object:
    """Return `text` as valid Unicode: bytes of a name that are no UTF-8 show as ``\\xff``; not reversible.

    Anything but a string with surrogates comes back as it is.
    """
    if not isinstance(text, str) or text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape" if _escaped(text) else "replace").decode(
            "utf-8", "backslashreplace"
        )
    return text


def _escaped(text: str) -> bool:
    """Whether all surrogates in `text` stand for single bytes."""
    return all("\udc80" <= c <= "\udcff" for c in text if "\ud800" <= c <= "\udfff")


def attachment(name: str) -> str:
    """Return a Content-Disposition that saves under `name`, for old and new browsers (RFC 6266)."""
    shown = str(readable(name)).translate(dict.fromkeys((*range(32), 34, 47, 92, 127), "_"))
    plain = shown.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"
