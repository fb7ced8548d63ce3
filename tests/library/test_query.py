"""The search language: what it means, and that nothing makes it fall over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veduta.errors import QueryError
from veduta.library.query import (
    FIELDS,
    FLAGS,
    And,
    Everything,
    Filter,
    Node,
    Not,
    Or,
    Phrase,
    Word,
    leaves,
    parse,
    write,
)


@given(st.text(max_size=200))
def test_any_text_parses_or_says_why_not(text: str) -> None:
    try:
        node = parse(text)
    except QueryError as error:
        assert str(error)
    else:
        assert parse(write(node)) == node


@given(st.text(alphabet='ab()"-:<>= ORNTD\\', max_size=40))
def test_text_full_of_syntax_parses_or_says_why_not(text: str) -> None:
    try:
        node = parse(text)
    except QueryError as error:
        assert str(error)
    else:
        assert parse(write(node)) == node


words = st.text(alphabet="abcxyzäöé0123456789_.'", min_size=1, max_size=8).map(Word)
phrases = (
    st.text(alphabet='abc xyz"\\()-:', min_size=1, max_size=12).filter(lambda t: t.strip() == t).map(Phrase)
)
filters = st.one_of(
    st.builds(
        Filter,
        st.sampled_from([name for name, reading in FIELDS.items() if reading == "words"]),
        st.text(alphabet='abc xyz"\\()-:>', min_size=1, max_size=12).filter(lambda t: t.strip() == t),
    ),
    st.builds(
        Filter,
        st.sampled_from(["people", "rating", "year"]),
        st.integers(0, 999_999).map(str),
        st.sampled_from(["=", "<", "<=", ">", ">="]),
    ),
    st.builds(Filter, st.just("is"), st.sampled_from(FLAGS)),
    st.builds(
        Filter, st.sampled_from(["after", "before", "on"]), st.sampled_from(["2019", "2019-05", "may 2020"])
    ),
)
leaf = st.one_of(words, phrases, filters)


def _combine(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(children, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        several.map(And), several.map(Or), children.filter(lambda c: not isinstance(c, Not)).map(Not)
    )


@given(st.recursive(leaf, _combine, max_leaves=12))
def test_a_tree_written_is_read_back(node: Node) -> None:
    assert parse(write(node)) == node


def test_and_binds_closer_than_or_and_not_closer_than_and() -> None:
    a, b, c, d = (Word(letter) for letter in "abcd")
    assert parse("a b OR c d") == Or((And((a, b)), And((c, d))))
    assert parse("a AND b OR c") == Or((And((a, b)), c))
    assert parse("a (b OR c) d") == And((a, Or((b, c)), d))
    assert parse("NOT a b") == And((Not(a), b))
    assert parse("-a OR b") == Or((Not(a), b))
    assert parse("-(a OR b)") == Not(Or((a, b)))
    assert parse("NOT NOT a") == a


def test_filters_and_phrases() -> None:
    assert parse('person:Anna place:"New York" -object:car') == And(
        (Filter("person", "Anna"), Filter("place", "New York"), Not(Filter("object", "car")))
    )
    assert parse("people:>10") == Filter("people", "10", ">")
    assert parse("rating:>=3") == Filter("rating", "3", ">=")
    assert parse("PEOPLE:3..5") == Filter("people", "3..5")
    assert parse("who:Anna") == Filter("person", "Anna")
    assert parse('"exact words" “and more”') == And((Phrase("exact words"), Phrase("and more")))
    assert parse('"never closed') == Phrase("never closed")
    assert parse("  ") == Everything()
    assert parse("12:30 and/or") == And((Word("12:30"), Word("and/or")))
    assert parse("well-known") == Word("well-known")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("persn:Anna", 'did you mean "person:"'),
        ("people:many", "needs a number"),
        ("after:someday", "is not a date"),
        ("on:2019-13", "is not a date"),
        ("on:2019-02-30", "is not a date"),
        ("is:nice", '"is:" knows'),
        ("person:", "needs a value"),
        ("person:>Anna", "cannot be compared"),
        ("people:>3..5", "not both"),
        ("(a", 'has no ")"'),
        ("a)", 'has no "("'),
        ("a OR", "missing after 'OR'"),
        ("OR a", "missing at the beginning"),
        ("NOT", "missing after 'NOT'"),
        ("(" * 100 + "a" + ")" * 100, "nested"),
        ("a" * 3000, "at most"),
    ],
)
def test_errors_tell_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert told in str(caught.value)


def test_leaves_know_whether_they_are_negated() -> None:
    found = [(write(node), negated) for node, negated in leaves(parse("a -(b OR -c) object:d"))]
    assert found == [("a", False), ("b", True), ("c", False), ("object:d", False)]
