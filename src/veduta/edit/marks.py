"""What a picture that a program has improved says about itself: in its EXIF, its XMP and its comment.

Kinds of sources are those of IPTC's NewsCodes, digitalsourcetype.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image

from veduta.edit.picture_file import QUALITY, encode, kind_for
from veduta.edit.picture_kept import Kept
from veduta.files import write_bytes
from veduta.image.photo import Pixels

KINDS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# Made clearer by rules; and with details that a trained network made up.
ENHANCED, INVENTED = "algorithmicallyEnhanced", "compositeWithTrainedAlgorithmicMedia"
_DESCRIPTION, _EXIF_DIRECTORY, _USER_COMMENT = 0x010E, 0x8769, 0x9286
_END = re.compile(rb"</rdf:RDF\s*>")
_OLD_KIND = re.compile(rb"""\s+Iptc4xmpExt:DigitalSourceType\s*=\s*("[^"]*"|'[^']*')""")
_EMPTY = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def marked(kept: Kept, text: str, kind: str) -> Kept:
    """The blocks with `text` in the description, user's comment and comment, and `kind` in the XMP."""
    exif = Image.Exif() if kept.exif is None else kept.exif
    told = str(exif.get(_DESCRIPTION, "") or "").strip()
    # The tag holds ASCII; what else a description says stays in the XMP.
    told = told.encode("ascii", "replace").decode()
    exif[_DESCRIPTION] = f"{told} [{text}]" if told else text
    camera = dict(exif.get_ifd(_EXIF_DIRECTORY))
    camera[_USER_COMMENT] = b"ASCII\0\0\0" + text.encode("ascii", "replace")
    exif.get_ifd(_EXIF_DIRECTORY).update(camera)
    exif[_EXIF_DIRECTORY] = camera
    comment = text.encode() if kept.comment is None else kept.comment + b"\n" + text.encode()
    return replace(kept, exif=exif, xmp=_with_kind(kept.xmp, text, kind), comment=comment)


def _with_kind(xmp: bytes | None, text: str, kind: str) -> bytes:
    """XMP with the kind of source and the text as its instructions, in a description of its own."""
    own = (
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        f' Iptc4xmpExt:DigitalSourceType="{KINDS}{kind}">'
        f"<photoshop:Instructions>{escape(text)}</photoshop:Instructions></rdf:Description>"
    ).encode()
    base = xmp if xmp is not None and _END.search(xmp) else _EMPTY
    return _END.sub(lambda match: own + match.group(), _OLD_KIND.sub(b"", base), count=1)


def save_new(pixels: Pixels, target: Path, text: str, kind: str) -> None:
    """Write a picture that is the copy of no photo (a frame of a film), marked; the format is that of the suffix."""
    wanted = kind_for(target, target)
    how = {"quality": QUALITY, "subsampling": 0} if wanted == "jpeg" else {}
    write_bytes(target, encode(wanted, pixels, None, marked(Kept(), text, kind), how, [], target))
