"""Messages in the lowest bits: they come back whole, nothing is seen, and rubbish is no message."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veduta.edit import stego_envelope as envelope
from veduta.edit.stego_lsb import capacity, hide, reveal
from veduta.edit.stego_message import DamagedMessage, Message, NoMessage, TooMuch, pack, safe_name, unpack
from veduta.edit.stego_spread import Spread


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys as in earnest but cheap: how dear they are has a test of its own."""
    monkeypatch.setattr(envelope, "COST", {"n": 16, "r": 8, "p": 1})


def noise(height: int, width: int, channels: int, deep: bool = False, seed: int = 0) -> np.ndarray:
    top = 65536 if deep else 256
    kind = np.uint16 if deep else np.uint8
    return np.random.default_rng(seed).integers(0, top, (height, width, channels), kind)


@given(
    st.integers(12, 40),
    st.integers(12, 40),
    st.sampled_from([1, 2, 3, 4]),
    st.booleans(),
    st.sampled_from([None, "secret", "ключ"]),
    st.data(),
)
@settings(max_examples=60)
def test_what_is_hidden_comes_back(
    height: int, width: int, channels: int, deep: bool, password: str | None, data: st.DataObject
) -> None:
    stored = noise(height, width, channels, deep)
    fits = capacity(stored, password is not None)
    message = data.draw(st.binary(max_size=fits))
    if len(message) > fits or (fits == 0 and not message):
        return
    before = stored.copy()
    marked = hide(stored, message, password)
    assert (stored == before).all()
    assert marked.dtype == stored.dtype and marked.shape == stored.shape
    assert reveal(marked, password) == message
    colors = 1 if channels < 3 else 3
    assert (marked[..., colors:] == stored[..., colors:]).all()
    assert np.abs(marked.astype(int) - stored.astype(int)).max() <= (15 if deep else 1)


@pytest.mark.parametrize("password", [None, "pw"])
@pytest.mark.parametrize("deep", [False, True])
def test_a_full_picture_comes_back_and_one_byte_more_is_refused(password: str | None, deep: bool) -> None:
    stored = noise(60, 50, 3, deep)
    fits = capacity(stored, password is not None)
    message = np.random.default_rng(1).bytes(fits)
    assert reveal(hide(stored, message, password), password) == message
    with pytest.raises(TooMuch, match=f"{fits + 1:,} bytes and the picture holds {fits:,}"):
        hide(stored, message + b"x", password)


def test_a_full_picture_of_8_bits_looks_the_same() -> None:
    stored = noise(100, 100, 3)
    marked = hide(stored, np.random.default_rng(2).bytes(capacity(stored)))
    error = np.mean((marked.astype(float) - stored) ** 2)
    assert 10 * np.log10(255**2 / error) >= 51


def test_values_go_up_as_often_as_down() -> None:
    """Plain replacement never takes an odd value up: that is what chi-square tests find."""
    stored = np.full((120, 120, 3), 101, np.uint8)
    marked = hide(stored, np.random.default_rng(3).bytes(capacity(stored)))
    share = (marked == 102).sum() / (marked != 101).sum()
    assert 0.46 < share < 0.54


@pytest.mark.parametrize("value", [0, 255])
def test_values_stay_in_range(value: int) -> None:
    stored = np.full((40, 40, 3), value, np.uint8)
    message = np.random.default_rng(4).bytes(100)
    marked = hide(stored, message)
    assert np.abs(marked.astype(int) - value).max() == 1
    assert reveal(marked) == message


def test_wrong_password_and_no_message_tell_the_same() -> None:
    clean = noise(50, 50, 3)
    locked = hide(clean, b"told to one", "right")
    told = set()
    for picture in (clean, locked):
        with pytest.raises(NoMessage) as caught:
            reveal(picture, "wrong")
        told.add(str(caught.value))
        with pytest.raises(NoMessage):
            reveal(picture)
    assert len(told) == 1
    assert reveal(locked, "right") == b"told to one"


def test_the_same_message_is_locked_differently_each_time() -> None:
    clean = np.full((50, 50, 3), 128, np.uint8)
    first, second = (hide(clean, b"same", "pw", np.random.default_rng(0)) for _ in range(2))
    assert (first != second).any()


@pytest.mark.parametrize("password", [None, "pw"])
def test_damage_is_told(password: str | None) -> None:
    message = bytes(range(200)) * 2
    marked = hide(noise(50, 50, 3), message, password)
    chance = np.random.default_rng(5)
    told = []
    for _ in range(30):
        broken = marked.reshape(-1).copy()
        broken[chance.integers(0, broken.size, 6)] ^= 1
        try:
            told.append(reveal(broken.reshape(marked.shape), password) == message)
        except (DamagedMessage, NoMessage) as error:
            told.append(type(error))
    assert told.count(DamagedMessage) > 10 and False not in told


@given(
    st.integers(1, 24), st.integers(1, 24), st.sampled_from([1, 3, 4]), st.booleans(), st.integers(0, 2**31)
)
@settings(max_examples=80)
def test_rubbish_holds_no_message(height: int, width: int, channels: int, deep: bool, seed: int) -> None:
    stored = noise(height, width, channels, deep, seed)
    for password in (None, "pw"):
        with pytest.raises(NoMessage):
            reveal(stored, password)


@given(st.binary(max_size=300))
def test_unpacking_rubbish_gives_a_message_or_says_that_it_is_damaged(data: bytes) -> None:
    try:
        message = unpack(data)
    except DamagedMessage:
        return
    assert message.name == "" or message.name == safe_name(message.name)


@given(st.sampled_from(["text", "file", "picture"]), st.binary(max_size=400), st.text(max_size=90))
def test_packing_is_undone(kind, data: bytes, name: str) -> None:  # type: ignore[no-untyped-def]
    back = unpack(pack(Message(kind, data, name)))
    assert (back.kind, back.data) == (kind, data)
    assert "/" not in back.name and "\\" not in back.name and ".." not in back.name.split("/")


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\y.txt", "y.txt"),
        ("..", "hidden"),
        ("a\0b", "a_b"),
        ("", "hidden"),
    ],
)
def test_names_lead_nowhere_else(given_name: str, safe: str) -> None:
    assert safe_name(given_name) == safe


@given(st.integers(1, 5000), st.binary(max_size=8))
@settings(max_examples=50)
def test_a_spread_is_an_order(size: int, key: bytes) -> None:
    spread = Spread(key, size)
    whole = spread.places(0, size)
    assert sorted(whole) == list(range(size))
    part = size // 3
    assert (spread.places(part, size) == whole[part:]).all()


def test_a_spread_hangs_on_its_key_and_looks_like_chance() -> None:
    first, second = Spread(b"1", 20000).places(0, 20000), Spread(b"2", 20000).places(0, 20000)
    assert (first == second).sum() < 10
    assert abs(np.corrcoef(np.arange(20000), first)[0, 1]) < 0.03
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.03


def test_keys_are_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert envelope.COST["n"] * envelope.COST["r"] * 128 >= 32 << 20
    with pytest.raises(envelope.EmptyPassword):
        envelope.keys("", b"0" * 16)
