"""Text on the wire."""

from __future__ import annotations

import json
import os
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from veduta.server.wire import attachment, readable


@given(st.binary(max_size=40))
def test_any_name_becomes_json(name: bytes) -> None:
    text = os.fsdecode(name)
    shown = readable(text)
    assert isinstance(shown, str)
    json.dumps(shown, ensure_ascii=False).encode("utf-8")
    if not any("\udc80" <= c <= "\udcff" for c in text):
        assert shown == text


@given(st.text(alphabet=st.characters(categories=("Cs", "L")), max_size=20))
def test_any_surrogates_become_json(text: str) -> None:
    str(readable(text)).encode("utf-8")


def test_bytes_are_shown() -> None:
    assert readable(os.fsdecode(b"br\xfcck.jpg")) == "br\\xfcck.jpg"
    assert readable(None) is None


@given(st.text(max_size=40))
def test_attachment_is_a_header(name: str) -> None:
    header = attachment(name)
    header.encode("latin-1")
    assert "\n" not in header and "\r" not in header
    assert header.count('"') == 2
    assert "/" not in unquote(header.split("''")[1])
