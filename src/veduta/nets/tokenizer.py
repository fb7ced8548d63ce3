"""Words to numbers for text embedders: what a vocabulary file says, and texts packed to one length."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from veduta.errors import VedutaError
from veduta.nets.byte_pairs import PairEncoder, vocabulary_of
from veduta.nets.unigrams import UnigramEncoder, normalizer

CLIP_MERGES = 49152 - 256 - 2  # how many lines of its vocabulary file CLIP uses

Tokens = NDArray[np.int64]


class UnreadableTokenizer(VedutaError):
    """A vocabulary file of a kind that is not known."""


class Tokenizer(Protocol):
    """Text to token numbers; `length` is how many its family's networks take where they do not say."""

    length: int
    start: int | None
    end: int | None
    pad: int

    def encode(self, text: str) -> list[int]:
        """Tokens of a text, without start and end."""


def pack_tokens(tokenizer: Tokenizer, texts: Sequence[str], length: int) -> tuple[Tokens, Tokens]:
    """Token numbers and mask (1: a token, 0: filling), both (n, length); long texts are cut before their end."""
    numbers = np.full((len(texts), length), tokenizer.pad, np.int64)
    mask = np.zeros((len(texts), length), np.int64)
    before = [] if tokenizer.start is None else [tokenizer.start]
    after = [] if tokenizer.end is None else [tokenizer.end]
    for row, text in enumerate(texts):
        inner = tokenizer.encode(text)[: length - len(before) - len(after)]
        tokens = [*before, *inner, *after]
        numbers[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return numbers, mask


def read_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer in a ``tokenizer.json`` or in CLIP's own ``bpe_simple_vocab_16e6.txt(.gz)``.

    Raises UnreadableTokenizer.
    """
    try:
        if path.suffix == ".json":
            return _from_json(json.loads(path.read_text(encoding="utf-8")), path.name)
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        first, *lines = raw.decode("utf-8").split("\n")
        if "#version" not in first:
            raise UnreadableTokenizer(f"{path.name}: neither a tokenizer.json nor CLIP's own vocabulary")
        pairs = [line.split() for line in lines[:CLIP_MERGES]]
        merges = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
    except (
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        re.error,
    ) as error:
        raise UnreadableTokenizer(f"{path.name}: {type(error).__name__}: {error}") from error
    return PairEncoder(vocabulary_of(merges), merges)


def _from_json(plain: Mapping[str, Any], name: str) -> Tokenizer:
    model = plain["model"]
    special = {token["content"]: token["id"] for token in plain.get("added_tokens", [])}
    pad = (plain.get("padding") or {}).get("pad_id")
    kind = model.get("type")
    if kind == "BPE" and model.get("end_of_word_suffix") == "</w>":
        merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
        return PairEncoder({**model["vocab"], **special}, [(a, b) for a, b in merges], pad)
    if kind == "Unigram":
        clean = normalizer(plain.get("normalizer"))
        if clean is None:
            raise UnreadableTokenizer(f"{name}: its normalizer has a step that is not known")
        # SigLIP ends a text and fills up with the same token. Only some put one before it: the template tells.
        start = special.get("<s>") if '"<s>"' in json.dumps(plain.get("post_processor")) else None
        end = special.get("</s>")
        pieces = [(piece, score) for piece, score in model["vocab"]]
        return UnigramEncoder(
            pieces, model.get("unk_id") or 0, start, end, pad if pad is not None else end or 0, clean
        )
    raise UnreadableTokenizer(
        f"{name}: a tokenizer of type {kind!r}; known are CLIP's byte-pair encoding and Unigram (SigLIP)"
    )
