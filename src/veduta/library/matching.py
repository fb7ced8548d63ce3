"""From the tree of a search to the photos that match it: masks and scores over all photos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from veduta.library import dates, lexicon, phrases, text_index, words
from veduta.library.catalog import Catalog
from veduta.library.lexicon import Known
from veduta.library.match import Mask, Match, all_of, any_of
from veduta.library.person_names import person_names
from veduta.library.postings import Postings, postings
from veduta.library.query import And, Everything, Filter, Node, Not, Or, Phrase, Word, parse, write
from veduta.library.schema import Album, AlbumPhoto, Face, Term

CUT = 0.2
"""What a photo shows with less than this probability does not make it a match."""
# How much a word found there tells, against a thing seen or a name given.
FREE_FIELDS = {"text": 0.9, "title": 1.0, "file": 0.7, "gear": 0.8}
_LONGEST_NAME = 5
_DEEPEST_ALBUM = 5


@dataclass(slots=True)
class Leaf:
    """A word, phrase or filter as it was understood: what a result's reasons are told from."""

    node: Word | Phrase | Filter
    negated: bool
    text: str
    terms: list[Known] = field(default_factory=list)
    persons: list[tuple[int, str]] = field(default_factory=list)
    days: dates.Days | None = None
    phrase: list[str] | None = None
    looks: dict[int, float] = field(default_factory=dict)  # photos that look like it


class Matcher:
    """Evaluates searches over one moment of a catalog."""

    def __init__(self, catalog: Catalog, session: Session, depth: int = 0) -> None:
        self._catalog = catalog
        self._session = session
        self._depth = depth
        self.postings: Postings = postings(catalog, session)
        self._lexicon = lexicon.lexicon(catalog, session)
        self._people = person_names(catalog, session)
        self.leaves: list[Leaf] = []
        self.corrections: dict[str, str] = {}
        self._negated = False
        self._unseen_too = False

    def match(self, node: Node) -> Match:
        """All photos, of those that are shown, that match a tree."""
        found = self._node(node)
        if self._unseen_too:
            return found
        return Match(found.mask & self.postings.shown, found.scores)

    def _node(self, node: Node) -> Match:
        if isinstance(node, Everything):
            return Match(np.ones(self.postings.size, bool))
        if isinstance(node, Not):
            self._negated = not self._negated
            mask = ~self._node(node.child).mask
            self._negated = not self._negated
            return Match(mask)
        if isinstance(node, Or):
            return any_of([self._node(child) for child in node.children])
        if isinstance(node, And):
            return all_of([self._node(child) if not isinstance(child, list) else self._run(child)
                         for child in _runs(node.children)])  # fmt: skip
        if isinstance(node, Filter):
            return self._filter(node)
        if isinstance(node, Phrase):
            return self._phrase(node)
        return self._run([node])

    # Free words

    def _run(self, run: Sequence[Word]) -> Match:
        """Free words one after another: the longest names among them count as one."""
        telling = [w for w in run if words.plain(w.text) not in words.STOP_WORDS] or list(run)
        parts: list[Match] = []
        unknown: list[str] = []
        at = 0
        while at < len(telling):
            for length in range(min(_LONGEST_NAME, len(telling) - at), 0, -1):
                span = [word.text for word in telling[at : at + length]]
                if length == 1 or self._is_name(span):
                    found = self._free(span)
                    if found.mask.any():
                        parts.append(found)
                    else:
                        unknown += span
                    at += length
                    break
        known = all_of(parts) if parts else None
        if known is not None and not unknown and known.mask.any():
            return known
        if known is None or not unknown:
            return self._depicted(" ".join(word.text for word in run))
        return all_of([known, self._depicted(" ".join(unknown))])

    def _depicted(self, text: str) -> Match:
        """Photos that look like words of which nothing is known, where the user has added embedders."""
        from veduta.library.depiction import depiction

        scores = np.zeros(self.postings.size, np.float32)
        told = None if self._negated else depiction(self._catalog, self._session)
        if told is not None:
            leaf = self._leaf(Word(text), text)
            leaf.looks = told.find(self._catalog, self._session, text)
            for photo_id, score in leaf.looks.items():
                if photo_id < len(scores):  # else it was added since this search began
                    scores[photo_id] = score
        return Match(scores > 0, scores)

    def _is_name(self, span: Sequence[str]) -> bool:
        text = " ".join(span)
        if self._lexicon.has(text) or dates.read(span) is not None:
            return True
        return words.plain(text) in self._people.whole

    def _free(self, span: Sequence[str]) -> Match:
        text = " ".join(span)
        leaf = self._leaf(Word(text), text)
        found = self._free_match(leaf, text, span)
        if not found.mask.any() and not self._negated:
            landmarks = self._lexicon.names(["landmark"])
            names = [*self._people.spellings(), *self._lexicon.names(lexicon.FIELDS)]
            # One searches for "colloseum rome" and for "taj mahall", word by word.
            names += [part for name in landmarks for part in name.split() if len(part) > 3]
            better = None if self._is_word(text) or words.is_common(text) else lexicon.respell(text, names)
            if better is not None and better != words.plain(text):
                self._corrected(leaf, text, better)
                found = self._free_match(leaf, better, better.split())
        return found

    def _free_match(self, leaf: Leaf, text: str, span: Sequence[str]) -> Match:
        leaf.terms = self._lexicon.find(text)
        parts = [self._terms(leaf.terms)] if leaf.terms else []
        leaf.persons = self._people.find(text)
        if leaf.persons:
            parts.append(self._persons(leaf.persons))
        leaf.days = dates.read(span)
        if leaf.days is not None:
            parts.append(Match(self._days(leaf.days), None))
        stems = words.stems(text)
        for name, weight in FREE_FIELDS.items() if stems else ():
            known = self._known(name, stems, weight)
            if len(known) == len(set(stems)):
                leaf.terms += known
                parts.append(all_of([self._terms([k]) for k in known]))
        return any_of(parts, self.postings.size)

    def _is_word(self, text: str) -> bool:
        """Whether all words occur in some photo, even if never together."""
        stems = set(words.stems(text))
        return bool(stems) and all(
            any(self.postings.count(k.term) for f in FREE_FIELDS for k in self._known(f, [stem]))
            for stem in stems
        )

    def _known(self, name: str, stems: Sequence[str], factor: float = 1.0) -> list[Known]:
        rows = self._session.execute(
            select(Term.id, Term.word).where(Term.field == name, Term.word.in_(stems))
        )
        return [Known(number, name, word, factor) for number, word in rows]

    def _phrase(self, node: Phrase) -> Match:
        leaf = self._leaf(node, node.text)
        leaf.phrase = list(words.tokens(node.text))
        if not leaf.phrase:
            return Match(np.zeros(self.postings.size, bool))
        plain = words.plain(node.text)
        leaf.terms = [known for known in self._lexicon.find(node.text) if known.word == plain]
        parts = [self._terms(leaf.terms)]
        leaf.persons = self._people.find(node.text)
        if leaf.persons:
            parts.append(self._persons(leaf.persons))
        parts += [self._together(leaf, name) for name in ("text", "title", "file")]
        return any_of(parts)

    def _together(self, leaf: Leaf, name: str) -> Match:
        """Photos in whose texts the words of a phrase stand one after another."""
        stems = sorted({words.stem(token) for token in leaf.phrase or ()})
        known = self._known(name, stems, FREE_FIELDS[name])
        if len(known) < len(stems):
            return Match(np.zeros(self.postings.size, bool))
        leaf.terms += known
        parts = [self._terms([k]) for k in known]
        if name == "text" and len(leaf.phrase or ()) > 1:
            marks = sorted(set(text_index.pairs([words.stem(token) for token in leaf.phrase or ()])))
            together = self._known("pair", marks)
            if len(together) < len(marks):
                return Match(np.zeros(self.postings.size, bool))
            parts += [Match(self._terms([k]).mask) for k in together]
        every = all_of(parts)
        kept = phrases.keep(self._session, name, leaf.phrase or [], np.flatnonzero(every.mask))
        mask = np.zeros(self.postings.size, bool)
        mask[kept] = True
        return Match(mask, every.scores)

    # Filters

    def _filter(self, node: Filter) -> Match:
        leaf = self._leaf(node, write(node))
        by_field: dict[str, Callable[[Leaf, Filter], Match]] = {
            "person": self._person_filter,
            "album": self._album_filter,
            "text": self._words_filter,
            "title": self._words_filter,
            "file": self._words_filter,
            "people": self._number_filter,
            "rating": self._number_filter,
            "is": self._flag_filter,
            **dict.fromkeys(("after", "before", "on", "year"), self._date_filter),
        }
        return by_field.get(node.field, self._name_filter)(leaf, node)

    def _name_filter(self, leaf: Leaf, node: Filter) -> Match:
        if node.field == "place":
            fields: tuple[str, ...] = (*lexicon.PLACES, *lexicon.INFERRED, "landmark")
        else:
            fields = (node.field, f"{node.field}+")
        leaf.terms = self._lexicon.find(node.value, fields)
        if node.field in ("camera", "lens") and not leaf.terms:
            return self._gear(leaf, node)
        if not leaf.terms:
            better = lexicon.respell(node.value, self._lexicon.names(fields))
            if better is not None:
                self._corrected(leaf, node.value, better)
                leaf.terms = self._lexicon.find(better, fields)
        return self._terms(leaf.terms)

    def _gear(self, leaf: Leaf, node: Filter) -> Match:
        """Words of a camera's or lens's name, all of which must be in one name."""
        stems = set(words.stems(node.value))
        names = self._lexicon.names([node.field])
        fit = [name for name in names if stems and stems <= set(words.stems(name))]
        if not fit and stems:
            better = lexicon.respell(node.value, [part for name in names for part in name.split()])
            if better is not None:
                self._corrected(leaf, node.value, better)
                fit = [name for name in names if better in name.split()]
        leaf.terms = [k for name in fit for k in self._lexicon.find(name, (node.field,))]
        return self._terms(leaf.terms)

    def _person_filter(self, leaf: Leaf, node: Filter) -> Match:
        leaf.persons = self._people.find(node.value)
        if not leaf.persons and node.value.isdecimal() and len(node.value) < 10:
            leaf.persons = [(int(node.value), f"Person {node.value}")]  # one without a name
        elif not leaf.persons:
            better = lexicon.respell(node.value, self._people.spellings(), shortest=3)
            if better is not None:
                self._corrected(leaf, node.value, better)
                leaf.persons = self._people.find(better)
        return self._persons(leaf.persons)

    def _album_filter(self, leaf: Leaf, node: Filter) -> Match:
        wanted = words.key(node.value)
        rows = self._session.scalars(select(Album)).all()
        fit = [album for album in rows if words.key(album.name) == wanted]
        if not fit:
            better = lexicon.respell(node.value, [words.plain(album.name) for album in rows])
            if better is not None:
                self._corrected(leaf, node.value, better)
                fit = [album for album in rows if words.plain(album.name) == better]
        mask = np.zeros(self.postings.size, bool)
        for album in fit:
            if album.kind == "smart" and self._depth < _DEEPEST_ALBUM:
                inner = Matcher(self._catalog, self._session, self._depth + 1)
                mask |= inner.match(parse(album.query or "")).mask[: len(mask)]
            elif album.kind != "smart":
                ids = self._session.scalars(
                    select(AlbumPhoto.photo_id).where(AlbumPhoto.album_id == album.id)
                )
                self._set(mask, ids)
        return Match(mask)

    def _words_filter(self, leaf: Leaf, node: Filter) -> Match:
        tokens = list(words.tokens(node.value))
        if len(tokens) > 1 and " " in node.value.strip():
            leaf.phrase = tokens
            return self._together(leaf, node.field)
        stems = {words.stem(token) for token in tokens}
        known = self._known(node.field, sorted(stems))
        leaf.terms = known
        if not stems or len(known) < len(stems):
            return Match(np.zeros(self.postings.size, bool))
        return all_of([self._terms([k]) for k in known])

    def _number_filter(self, leaf: Leaf, node: Filter) -> Match:
        low, _, high = node.value.partition("..")
        first, last = int(low), int(high or low)
        bounds = {
            "=": (first, last), ">": (first + 1, 10**9), ">=": (first, 10**9),
            "<": (0, first - 1), "<=": (0, first),
        }[node.operator]  # fmt: skip
        rows = self._session.execute(select(Term.id, Term.word).where(Term.field == node.field))
        leaf.terms = [Known(n, node.field, w) for n, w in rows if bounds[0] <= int(w) <= bounds[1]]
        return Match(self._terms(leaf.terms).mask)

    def _flag_filter(self, leaf: Leaf, node: Filter) -> Match:
        leaf.terms = self._known("is", [node.value])
        if node.value in ("hidden", "missing") and not self._negated:
            self._unseen_too = True
        return Match(self._terms(leaf.terms).mask)

    def _date_filter(self, leaf: Leaf, node: Filter) -> Match:
        days = self.postings.days
        if node.field == "year":
            low, _, high = node.value.partition("..")
            first, last = int(low), int(high or low)
            bounds = {
                "=": (first, last), ">": (first + 1, 9999), ">=": (first, 9999),
                "<": (0, first - 1), "<=": (0, first),
            }[node.operator]  # fmt: skip
            leaf.days = dates.Days(((bounds[0] * 10_000, bounds[1] * 10_000 + 1231),))
            return Match(self._days(leaf.days))
        leaf.days = dates.parse(node.value)
        if node.field == "after":
            return Match(days >= leaf.days.first)
        if node.field == "before":
            return Match((days < leaf.days.first) & (days > 0))
        return Match(self._days(leaf.days))

    # Parts

    def _leaf(self, node: Word | Phrase | Filter, text: str) -> Leaf:
        leaf = Leaf(node, self._negated, text)
        self.leaves.append(leaf)
        return leaf

    def _corrected(self, leaf: Leaf, text: str, better: str) -> None:
        self.corrections[text] = better
        leaf.text = leaf.text.replace(text, better)

    def _terms(self, terms: Iterable[Known]) -> Match:
        scores = np.zeros(self.postings.size, np.float32)
        for known in terms:
            ids, weights = self.postings.photos(known.term)
            found = weights.astype(np.float32) * np.float32(known.factor / 255)
            np.maximum(found, scores[ids], out=found)
            scores[ids] = found
        mask = scores >= CUT
        if self.postings.size:
            scores *= mask
        return Match(mask, scores)

    def _persons(self, persons: Sequence[tuple[int, str]]) -> Match:
        mask = np.zeros(self.postings.size, bool)
        numbers = [number for number, _ in persons]
        # Someone is in 100,000 photos: one long text is read much faster than as many rows.
        joined = func.aggregate_strings(cast(Face.photo_id, String), ",")
        text = self._session.scalar(select(joined).where(Face.person_id.in_(numbers)))
        self._set(mask, np.fromstring(text or "", np.int64, sep=","))
        return Match(mask)

    def _set(self, mask: Mask, ids: Iterable[int]) -> None:
        array = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, np.int64)
        mask[array[array < len(mask)]] = True

    def _days(self, found: dates.Days) -> Mask:
        days = self.postings.days
        mask = np.zeros(self.postings.size, bool)
        for start, end in found.spans:
            mask |= (days >= start) & (days <= end)
        for start, end in found.yearly:
            day = days % 10_000
            inside = (day >= start) & (day <= end) if start <= end else (day >= start) | (day <= end)
            mask |= inside & (days > 0)
        return mask


def _runs(children: Sequence[Node]) -> list[Node | list[Word]]:
    """Free words that stand one after another, put together."""
    out: list[Node | list[Word]] = []
    for child in children:
        if isinstance(child, Word):
            if out and isinstance(out[-1], list):
                out[-1].append(child)
            else:
                out.append([child])
        else:
            out.append(child)
    return out
