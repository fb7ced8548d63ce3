"""Searching a library written by hand: what is found, why, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.library.handmade import Handmade, face, identities, read, seen
from veduta.errors import QueryError
from veduta.library import albums, people, postings, text_index
from veduta.library.catalog import Catalog
from veduta.library.schema import Document, PhotoRow
from veduta.library.search import matching, search, suggest

EIFFEL, LONDON = (48.8584, 2.2945), (51.5007, -0.1246)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    made = Handmade(tmp_path_factory.mktemp("library"))
    anna = identities(1, 3)[0]
    made.photo(
        "dogbeach",
        [seen("object", "dog", 0.93), seen("scene", "beach", 0.8), face(anna[0])],
        "2023-05-03T12:00",
        position=EIFFEL,
        camera="Apple iPhone 12",
        people_count=1,
    )
    made.photo(
        "racer",
        [seen("label", "sports car", 0.7), seen("object", "car", 0.9), face(anna[1])],
        "2019-12-25T10:00",
        position=LONDON,
        camera="Canon EOS 5D",
        rating=4,
        favorite=True,
        people_count=1,
    )
    made.photo(
        "tabbycat", [seen("label", "tabby", 0.5, extra={"parents": ["cat", "animal"]})], "2020-07-01T09:00"
    )
    made.photo(
        "bill", [read("INVOICE No 2031"), read("total amount due: 12,50"), seen("quality", "document")], None
    )
    made.photo(
        "bills", [read("three invoices, unpaid"), read("北京大学 2031")], "2021-10-31T20:00", people_count=5
    )
    made.photo("secret", [seen("object", "dog", 0.9)], "2022-01-01T00:00", hidden=True)
    made.photo(
        "party", [seen("object", "cake", 0.6), seen("object", "dog", 0.1)], "2023-05-20T12:00",
        keywords=["Anna's birthday"], title="Sommerfest im Garten", people_count=12, media="video",
    )  # fmt: skip
    people.assign_new(made.catalog)
    people.name(made.catalog, people.people(made.catalog)[0].id, "Anna Maria Rossi")
    yield made.catalog
    made.catalog.close()


def names(catalog: Catalog, query: str) -> list[str]:
    found = search(catalog, query)
    assert found.total == len(found.hits)
    return [Path(hit.path).stem for hit in found.hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("dog", {"dogbeach"}),
        ("dogs", {"dogbeach"}),
        ("puppy", {"dogbeach"}),
        ("animal", {"dogbeach", "tabbycat"}),
        ("cats", {"tabbycat"}),
        ("car", {"racer"}),
        ("automobile", {"racer"}),
        ("vehicle", {"racer"}),
        ("sports car", {"racer"}),
        ("dog beach", {"dogbeach"}),
        ("photos of my dog at the beach", {"dogbeach"}),
        ("dog racer", set()),
        ("dog OR car", {"dogbeach", "racer"}),
        ("(dog OR car) paris", {"dogbeach"}),
        ("-dog -car", {"tabbycat", "bill", "bills", "party"}),
        ("NOT (dog OR car) is:video", {"party"}),
        ("object:dog", {"dogbeach"}),
        ("object:animal", {"dogbeach"}),
        ("label:animal", {"tabbycat"}),
        ("scene:beach", {"dogbeach"}),
        ("seaside", {"dogbeach"}),
        ("place:Paris", {"dogbeach"}),
        ("paris", {"dogbeach"}),
        ("country:France", {"dogbeach"}),
        ('city:"London"', {"racer"}),
        ("place:england", {"racer"}),
        ("person:Anna", {"dogbeach", "racer"}),
        ("person:rossi", {"dogbeach", "racer"}),
        ('person:"anna maria"', {"dogbeach", "racer"}),
        ("anna", {"dogbeach", "racer", "party"}),
        ("anna dog", {"dogbeach"}),
        ("person:bob", set()),
        ("text:invoice", {"bill", "bills"}),
        ("invoice", {"bill", "bills"}),
        ('"invoices"', {"bills"}),
        ('"invoice no"', {"bill"}),
        ('"no invoice"', set()),
        ('text:"amount due"', {"bill"}),
        ("北京", {"bills"}),
        ("京", {"bills"}),
        ("2031", {"bill", "bills"}),
        ("people:5", {"bills"}),
        ("people:>10", {"party"}),
        ("people:1..5", {"dogbeach", "racer", "bills"}),
        ("people:<1", {"tabbycat", "bill"}),
        ("rating:>3", {"racer"}),
        ("rating:<4", set()),
        ("after:2021-11", {"dogbeach", "party"}),
        ("before:2020", {"racer"}),
        ("on:2023-05", {"dogbeach", "party"}),
        ("year:>=2023", {"dogbeach", "party"}),
        ("may 2023", {"dogbeach", "party"}),
        ("may 2023 dog", {"dogbeach"}),
        ("christmas", {"racer"}),
        ("halloween", {"bills"}),
        ("camera:iPhone", {"dogbeach"}),
        ('camera:"canon eos"', {"racer"}),
        ("canon", {"racer"}),
        ("is:favorite", {"racer"}),
        ("is:video", {"party"}),
        ("videos", {"party"}),
        ("is:document", {"bill"}),
        ("is:hidden", {"secret"}),
        ("is:hidden dog", {"secret"}),
        ("keyword:birthday", {"party"}),
        ("birthday", {"party"}),
        ("garten", {"party"}),
        ("file:racer", {"racer"}),
        ("xqzzyv", set()),
        ("xqzzyv dog", set()),
        ("dog -xqzzyv", {"dogbeach"}),
        ("cake", {"party"}),
        ("food", {"party"}),
    ],
)
def test_finds(catalog: Catalog, query: str, expected: set[str]) -> None:
    assert set(names(catalog, query)) == expected


def test_the_empty_search_gives_all_that_is_shown_newest_first(catalog: Catalog) -> None:
    assert names(catalog, "") == ["party", "dogbeach", "bills", "tabbycat", "racer", "bill"]


def test_unlikely_things_are_not_found(catalog: Catalog) -> None:
    assert "party" not in names(catalog, "dog")  # its dog has a score of 0.1


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("dog", "object: dog (0.93)"),
        ("animal", "object: dog (0.93), a kind of animal"),
        ("invoice", "text: 'INVOICE No 2031'"),
        ("paris", "taken in Paris, France"),
        ("person:anna", "person: Anna Maria Rossi"),
        ("may 2023", "taken on 2023-05-03"),
        ("camera:iphone", "camera: Apple iPhone 12"),
        ("is:favorite", "favorite"),
        ("people:12", "12 people"),
        ("rating:4", "rating: 4"),
        ("file:racer", "file: racer.jpg"),
        ("garten", "title: 'Sommerfest im Garten'"),
        ('"amount due"', "text: 'total amount due: 12,50'"),
    ],
)
def test_says_why(catalog: Catalog, query: str, reason: str) -> None:
    assert reason in [why for hit in search(catalog, query).hits for why in hit.why]


def test_each_part_of_a_search_has_its_reason(catalog: Catalog) -> None:
    hit = search(catalog, "dog beach anna paris").hits[0]
    assert [why.split(":")[0].split(" in ")[0] for why in hit.why] == ["object", "scene", "person", "taken"]


@pytest.mark.parametrize(
    ("query", "corrected"),
    [
        ("person:Ana", "person:anna"),
        ("person:Rosi", "person:rossi"),
        ("place:Pariss", "place:paris"),
        ("camera:ipone", "camera:iphone"),
        ("animl", "animal"),
        ("automobil", None),  # the stem is the same
        ("dog", None),
        ("invoices", None),
    ],
)
def test_misspelled_names_are_found_and_told(catalog: Catalog, query: str, corrected: str | None) -> None:
    found = search(catalog, query)
    assert found.hits
    assert found.corrected == corrected


def test_scores_are_what_recognizers_said_and_order_the_hits(catalog: Catalog) -> None:
    hits = search(catalog, "animal").hits
    assert [Path(hit.path).stem for hit in hits] == ["dogbeach", "tabbycat"]
    assert hits[0].score == pytest.approx(0.93 * 0.97, abs=0.01)
    assert all(0 < hit.score <= 1 for hit in hits)


def test_pages_join_to_the_whole(catalog: Catalog) -> None:
    whole = [hit.photo_id for hit in search(catalog, "", limit=100).hits]
    pages = [hit.photo_id for start in range(0, 8, 2) for hit in search(catalog, "", 2, start).hits]
    assert pages == whole == matching(catalog, "").tolist()


def test_parts_are_told_as_they_were_understood(catalog: Catalog) -> None:
    parts = search(catalog, 'dog -people:>3 "a b"').filters
    assert [(p.text, p.field, p.value, p.negated) for p in parts] == [
        ("dog", "words", "dog", False),
        ("people:>3", "people", ">3", True),
        ('"a b"', "phrase", "a b", False),
    ]


def test_what_cannot_be_understood_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(QueryError):
        search(catalog, "persn:Anna")


def test_suggestions_complete_the_last_word(catalog: Catalog) -> None:
    assert "object:dog" in [s.text for s in suggest(catalog, "do")]
    assert 'car person:"Anna Maria Rossi"' in [s.text for s in suggest(catalog, "car ann")]
    assert [s.text for s in suggest(catalog, "place:par")] == ["city:paris"]
    assert suggest(catalog, "zzzz") == []


def test_albums_can_be_searched(catalog: Catalog) -> None:
    ids = matching(catalog, "dog").tolist()
    manual = albums.create(catalog, "My Dogs", photo_ids=ids)
    smart = albums.create(catalog, "Old ones", query="before:2021")
    try:
        assert names(catalog, 'album:"my dogs"') == ["dogbeach"]
        assert set(names(catalog, 'album:"old ones"')) == {"racer", "tabbycat"}
        assert names(catalog, 'album:"old ones" car') == ["racer"]
    finally:
        albums.delete(catalog, manual)
        albums.delete(catalog, smart)


def test_a_smart_album_of_itself_ends(catalog: Catalog) -> None:
    loop = albums.create(catalog, "loop", query="album:loop OR dog")
    try:
        assert names(catalog, "album:loop") == ["dogbeach"]
    finally:
        albums.delete(catalog, loop)


def test_postings_follow_every_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A random history of changes; after each, the index equals one made anew from the documents."""
    monkeypatch.setattr(postings, "SMALLEST_FILE", 15)
    made = Handmade(tmp_path)
    rng = np.random.default_rng(4)
    things = ["dog", "cat", "car", "cake", "boat"]
    ids: list[int] = []
    for step in range(60):
        chosen = [seen("object", things[i], float(rng.uniform(0.3, 1))) for i in rng.integers(0, 5, 2)]
        if not ids or rng.random() < 0.5:
            ids.append(made.photo(f"p{step}", chosen))
        elif rng.random() < 0.3:
            gone = ids.pop(int(rng.integers(len(ids))))
            with made.catalog.write() as session:
                session.delete(session.get(PhotoRow, gone))
        else:
            made.see_again(ids[int(rng.integers(len(ids)))], chosen)
        if step % 3 == 0:
            expected = set()
            with made.catalog.session() as session:
                for document in session.query(Document):
                    terms = text_index.unpack(document.terms)["term"].tolist()
                    known = text_index.term_ids(session, [("object", "dog")])
                    if known["object", "dog"] in terms:
                        expected.add(document.photo_id)
            found = {hit.photo_id for hit in search(made.catalog, "object:dog", 1000).hits}
            assert found == expected
    with Catalog.open(tmp_path) as again:
        assert {hit.photo_id for hit in search(again, "object:dog", 1000).hits} == expected | found
    made.catalog.close()


def test_a_damaged_index_file_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "SMALLEST_FILE", 2)
    made = Handmade(tmp_path)
    for number in range(5):
        made.photo(f"p{number}", [seen("object", "dog")])
    assert search(made.catalog, "dog").total == 5
    file = tmp_path / postings.FILE
    whole = file.read_bytes()
    for damaged in (b"", whole[:20], b"VEDUTAW1" + whole[8:100], whole[:-50]):
        file.write_bytes(damaged)
        with Catalog.open(tmp_path) as again:
            assert search(again, "dog").total == 5
    made.catalog.close()
