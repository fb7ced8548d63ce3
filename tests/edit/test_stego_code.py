"""The code of marks: naive recomputation, correction, and proof of being whole."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veduta.edit import stego_code as code


def naive(bits: list[int]) -> list[int]:
    """The shift register as the textbook draws it: the newest bit at the left, one sum for each generator."""
    register = [0] * 9
    out = []
    for bit in bits:
        register = [bit, *register[:-1]]
        for generator in code.GENERATORS:
            taps = [int(one) for one in f"{generator:09b}"]
            out.append(sum(a * b for a, b in zip(register, taps, strict=True)) % 2)
    return out


@given(st.binary(max_size=20), st.booleans())
def test_coding_is_a_shift_register(data: bytes, locked: bool) -> None:
    coded = code.encode(data, locked)
    assert len(coded) == code.coded_length(len(data))
    checked, _ = np.split(code.viterbi((2.0 * coded - 1).reshape(-1, 4).astype(np.float32)), [-8])
    assert coded.tolist() == naive([*checked.tolist(), *[0] * 8])
    assert np.packbits(checked).tobytes()[: len(data)] == data


@given(st.binary(max_size=24), st.booleans(), st.integers(0, 2**31))
@settings(max_examples=25)
def test_noise_of_half_the_signal_is_corrected(data: bytes, locked: bool, seed: int) -> None:
    coded = code.encode(data, locked)
    noise = np.random.default_rng(seed).normal(0, 0.7, len(coded))
    assert code.decode((2.0 * coded - 1 + noise).astype(np.float32)) == (data, locked)


def test_the_path_found_is_the_likeliest_of_all() -> None:
    soft = np.random.default_rng(0).normal(0, 1, (14, 4)).astype(np.float32)
    found = code.viterbi(soft)

    def likelihood(bits: list[int]) -> float:
        return float(((2.0 * np.array(naive(bits)) - 1) * soft.reshape(-1)).sum())

    best = max(([*one, *[0] * 8] for one in itertools.product((0, 1), repeat=6)), key=likelihood)
    assert found.tolist() == best


@given(st.integers(0, 2**31))
@settings(max_examples=20)
def test_rubbish_is_no_block(seed: int) -> None:
    soft = np.random.default_rng(seed).normal(0, 1, code.coded_length(12)).astype(np.float32)
    assert code.decode(soft) is None


@pytest.mark.parametrize("spoiled", [0.1, 0.2])
def test_lost_pieces_are_made_up_for(spoiled: float) -> None:
    data = b"a text of a few words"
    soft = (2.0 * code.encode(data) - 1).astype(np.float32)
    lost = np.random.default_rng(1).random(len(soft))
    soft[lost < spoiled] *= -1
    soft[lost > 1 - spoiled] = 0
    assert code.decode(soft) == ((data, False) if spoiled == 0.1 else code.decode(soft))
