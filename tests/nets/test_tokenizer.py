"""Words to numbers: against the definitions, computed the slow way, and against facts about CLIP's vocabulary."""

from __future__ import annotations

import gzip
import json
import math
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veduta.nets.byte_pairs import PairEncoder, byte_characters, split, vocabulary_of
from veduta.nets.tokenizer import CLIP_MERGES, UnreadableTokenizer, pack_tokens, read_tokenizer
from veduta.nets.unigrams import UnigramEncoder, normalizer

LETTERS = byte_characters()


def learned(words: list[str], count: int) -> list[tuple[str, str]]:
    """Byte pairs learned from words as Sennrich et al. do it: join the most frequent pair, again and again."""
    spelled = [[*word[:-1], word[-1] + "</w>"] for word in words]
    merges: list[tuple[str, str]] = []
    for _ in range(count):
        pairs: dict[tuple[str, str], int] = {}
        for pieces in spelled:
            for pair in pairwise(pieces):
                pairs[pair] = pairs.get(pair, 0) + 1
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        spelled = [naive(pieces, [best]) for pieces in spelled]
    return merges


def naive(pieces: list[str], merges: list[tuple[str, str]]) -> list[str]:
    """Replay all merges in the order in which they were learned: what byte-pair encoding means."""
    for first, second in merges:
        at = 0
        while at + 1 < len(pieces):
            if (pieces[at], pieces[at + 1]) == (first, second):
                pieces = [*pieces[:at], first + second, *pieces[at + 2 :]]
            at += 1
    return pieces


WORDS = [
    "low",
    "lower",
    "lowest",
    "newer",
    "newest",
    "wide",
    "widest",
    "photo",
    "photos",
    "of",
    "the",
    "cat",
    "cats",
]
MERGES = learned(WORDS * 2, 60)


@given(st.text(alphabet="lowernstidphacf", min_size=1, max_size=14))
def test_pairs_are_joined_as_they_were_learned(word: str) -> None:
    vocabulary = vocabulary_of(MERGES)
    tokens = PairEncoder(vocabulary, MERGES).encode(word)
    spelled = naive([*word[:-1], word[-1] + "</w>"], MERGES)
    assert tokens == [vocabulary[piece] for piece in spelled]
    pieces = {number: piece for piece, number in vocabulary.items()}
    assert "".join(pieces[token] for token in tokens) == word + "</w>"


@given(st.text(max_size=30))
def test_any_text_is_encoded_without_loss(text: str) -> None:
    vocabulary = vocabulary_of(MERGES)
    pieces = {number: piece for piece, number in vocabulary.items()}
    spelled = "".join(pieces[token] for token in PairEncoder(vocabulary, MERGES).encode(text))
    back = {letter: byte for byte, letter in LETTERS.items()}
    words = [bytes(back[letter] for letter in word).decode() for word in spelled.split("</w>")[:-1]]
    assert words == list(split(text))


def test_facts_about_clip() -> None:
    """Of its vocabulary these follow from the order alone: 256 bytes, 256 with an end, 48,894 merges, two marks."""
    vocabulary = vocabulary_of([(f"x{number}", "y") for number in range(CLIP_MERGES)])
    assert len(vocabulary) == 49408
    assert (vocabulary["<|startoftext|>"], vocabulary["<|endoftext|>"]) == (49406, 49407)
    assert (vocabulary["!"], vocabulary["a"], vocabulary["!</w>"], vocabulary["a</w>"]) == (0, 64, 256, 320)
    assert len(set(LETTERS.values())) == 256 and LETTERS[ord(" ")] == "Ġ" and LETTERS[ord("\n")] == "Ċ"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A dog's  bone", ["a", "dog", "'s", "bone"]),
        ("they're 2019!!", ["they", "'re", "2", "0", "1", "9", "!!"]),
        ("foo_bar x² ½ Ⅷ", ["foo", "_", "bar", "x", "²", "½", "ⅷ"]),
        ("caf&amp;eacute; cafe\u0301", ["café", "café"]),
        ("北京 Straße", ["北京", "straße"]),
    ],
)
def test_words_are_cut_as_clip_does(text: str, words: list[str]) -> None:
    assert list(split(text)) == words


def clip_file(path: Path) -> Path:
    lines = ['"bpe_simple_vocab_16e6.txt#version: 0.2', *(" ".join(pair) for pair in MERGES), ""]
    path.write_bytes(
        gzip.compress("\n".join(lines).encode()) if path.suffix == ".gz" else "\n".join(lines).encode()
    )
    return path


def test_both_files_of_clip_say_the_same(tmp_path: Path) -> None:
    vocabulary = vocabulary_of(MERGES)
    plain = {
        "added_tokens": [
            {"content": t, "id": vocabulary.pop(t)} for t in ("<|startoftext|>", "<|endoftext|>")
        ],
        "model": {"type": "BPE", "end_of_word_suffix": "</w>", "vocab": vocabulary},
    }
    (tmp_path / "pairs.json").write_text(json.dumps({**plain, "model": {**plain["model"], "merges": MERGES}}))
    lines = [" ".join(pair) for pair in MERGES]
    (tmp_path / "lines.json").write_text(json.dumps({**plain, "model": {**plain["model"], "merges": lines}}))
    paths = [
        clip_file(tmp_path / "vocab.txt.gz"),
        clip_file(tmp_path / "vocab.txt"),
        *tmp_path.glob("*.json"),
    ]
    made = [read_tokenizer(path) for path in paths]
    assert len(made) == 4
    for tokenizer in made:
        assert tokenizer.encode("The cat's photos, slow") == made[0].encode("The cat's photos, slow")
        assert (tokenizer.start, tokenizer.end, tokenizer.pad) == (made[0].start, made[0].end, 0)
        assert tokenizer.length == 77


PIECES = [("<unk>", 0.0), ("▁", -3.0), ("▁a", -2.0), ("a", -4.0), ("b", -4.5), ("ab", -5.0), ("ba", -6.0)]
PIECES += [("aba", -9.5), ("▁ab", -7.5), ("bb", -6.5), ("c", -7.0)]


def every_way(line: str) -> list[list[str]]:
    """All ways to cut a text into pieces."""
    if not line:
        return [[]]
    return [[line[:n], *rest] for n in range(1, len(line) + 1) for rest in every_way(line[n:])]


@given(st.text(alphabet="abcd ", max_size=7))
def test_unigrams_are_the_likeliest_of_all_ways(text: str) -> None:
    encoder = UnigramEncoder(PIECES, 0, None, None, 0, str)
    scores = dict(PIECES)
    numbers = {piece: number for number, (piece, _) in enumerate(PIECES)}
    line = "".join(f"▁{word}" for word in text.split())
    unknown = min(scores.values()) - 10

    def score(way: list[str]) -> float:
        return sum(scores.get(piece, unknown if len(piece) == 1 else -math.inf) for piece in way)

    best = max(map(score, every_way(line)))
    found = encoder.encode(text)
    ways = [way for way in every_way(line) if math.isclose(score(way), best, abs_tol=1e-9)]
    told = []
    for way in ways:
        tokens = [numbers.get(piece, 0) for piece in way]
        told.append([t for n, t in enumerate(tokens) if t or n == 0 or tokens[n - 1]])  # unknown ones as one
    assert found in told


def test_a_long_text_takes_no_long_time() -> None:
    encoder = UnigramEncoder(PIECES, 0, None, None, 0, str)
    dice = random.Random(1)
    assert len(encoder.encode("".join(dice.choices("abc ", k=20_000)))) > 5_000


def test_normalizers() -> None:
    siglip = {
        "type": "Sequence",
        "normalizers": [
            {"type": "Lowercase"},
            {"type": "Replace", "pattern": {"Regex": "[!,.]"}, "content": ""},
            {"type": "Replace", "pattern": {"String": "a+b"}, "content": r"\1"},
            {"type": "Precompiled", "precompiled_charsmap": ""},
            {"type": "Strip"},
        ],
    }
    clean = normalizer(siglip)
    assert clean is not None and clean(" Hello, A+B ①! ") == r"hello \1 1"
    assert normalizer(None)("As it is") == "As it is"  # type: ignore[misc]
    assert normalizer({"type": "Sequence", "normalizers": [{"type": "Spell"}]}) is None


def test_siglip_ends_and_fills_with_the_same_token(tmp_path: Path) -> None:
    plain = {
        "added_tokens": [
            {"content": "<pad>", "id": 0},
            {"content": "</s>", "id": 1},
            {"content": "<s>", "id": 9},
        ],
        "normalizer": None,
        "model": {
            "type": "Unigram",
            "unk_id": 2,
            "vocab": [["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["▁a", -1.0]],
        },
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(plain))
    tokenizer = read_tokenizer(tmp_path / "tokenizer.json")
    assert (tokenizer.start, tokenizer.end, tokenizer.pad, tokenizer.length) == (None, 1, 1, 64)
    tokens, mask = pack_tokens(tokenizer, ["a a", "", "a " * 20], 6)
    assert tokens.tolist() == [[3, 3, 1, 1, 1, 1], [1] * 6, [3, 3, 3, 3, 3, 1]]
    assert mask.tolist() == [[1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0], [1] * 6]
    assert tokens.dtype == mask.dtype == np.int64
    (tmp_path / "tokenizer.json").write_text(
        json.dumps({**plain, "post_processor": {"single": [{"id": "<s>"}]}})
    )
    assert read_tokenizer(tmp_path / "tokenizer.json").start == 9


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("tokenizer.json", b"{", "JSONDecodeError"),
        ("tokenizer.json", b'{"model": {"type": "WordPiece"}}', "type 'WordPiece'; known are CLIP's"),
        ("tokenizer.json", b'{"model": {"type": "BPE", "vocab": {}, "merges": []}}', "type 'BPE'; known are"),
        ("tokenizer.json", b"[]", "TypeError"),
        (
            "tokenizer.json",
            b'{"model": {"type": "Unigram"}, "normalizer": {"type": "Odd"}}',
            "step that is not known",
        ),
        ("vocab.txt.gz", gzip.compress(b"x" * 999, mtime=0)[:20], "EOFError"),
        ("vocab.txt", b"one two\nthree four\n", "neither a tokenizer.json nor"),
        ("vocab.txt", b"\xff\xfe", "UnicodeDecodeError"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableTokenizer, match=reason):
        read_tokenizer(tmp_path / name)
