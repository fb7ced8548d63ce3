"""Words: splitting, stemming, synonyms and kinds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from veduta.library import words


def test_plain_folds_case_accents_and_spaces() -> None:
    assert words.plain("  Ångström\tÉCOLE ") == "angstrom ecole"
    assert words.plain("Straße") == "strasse"


@given(st.text(max_size=60))
def test_plain_is_plain_already(text: str) -> None:
    once = words.plain(text)
    assert words.plain(once) == once
    assert all(token for token in words.tokens(text))


def test_stems_join_forms_of_a_word_and_leave_numbers() -> None:
    assert words.stem("invoices") == words.stem("invoice")
    assert words.stem("dogs") == words.stem("dog")
    assert words.stem("2031") == "2031"
    assert words.key("Sports Cars") == words.key("sports car")


def test_tokens_split_names_of_files_and_chinese() -> None:
    assert list(words.tokens("IMG_2031-a.jpg")) == ["img", "2031", "a", "jpg"]
    assert list(words.tokens("北京大学")) == ["北京", "京大", "大学"]
    assert list(words.tokens("abc北京x")) == ["abc", "北京", "x"]
    assert words.characters("在 2031 北京") == {"在", "北", "京"}


def test_synonyms_go_both_ways() -> None:
    assert "car" in words.synonyms("automobile")
    assert "automobile" in words.synonyms("car")
    assert words.synonyms("xyzzy") == ()


def test_kinds_follow_parents_last_words_and_the_table() -> None:
    assert "animal" in words.broader("dog")
    assert "vehicle" in words.broader("sports car") and "car" in words.broader("sports car")
    assert words.broader("golden retriever", ("retriever", "dog"))[:2] == ("retriever", "dog")
    assert "animal" in words.broader("golden retriever", ("retriever", "dog"))
    assert "dog" not in words.broader("hot dog")
    assert "lion" not in words.broader("sea lion")
