"""The language of searches: free words, filters, phrases, OR, NOT and parentheses, parsed into a tree.

query  := and { "OR" and }
and    := not { ["AND"] not }
not    := ("-" | "NOT") not | "(" query ")" | filter | phrase | word
filter := field ":" [ ">=" | "<=" | ">" | "<" | "=" ] ( word | phrase )
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from veduta.errors import QueryError
from veduta.library import dates

LONGEST = 2000
DEEPEST = 40

# Field -> how its value is read.
FIELDS: dict[str, str] = {
    **dict.fromkeys(
        ("person", "place", "city", "region", "country", "object", "scene", "label", "landmark", "text",
         "title", "keyword", "file", "camera", "lens", "album"),
        "words",
    ),
    **dict.fromkeys(("people", "rating", "year"), "number"),
    **dict.fromkeys(("after", "before", "on"), "date"),
    "is": "flag",
}  # fmt: skip
ALIASES = {
    "who": "person", "where": "place", "in": "place", "tag": "keyword", "keywords": "keyword", "date": "on",
    "when": "on", "since": "after", "until": "before", "ocr": "text", "filename": "file", "path": "file",
    "name": "file", "stars": "rating", "faces": "people", "objects": "object", "labels": "label",
    "scenes": "scene", "landmarks": "landmark", "attraction": "landmark", "sight": "landmark",
}  # fmt: skip
FLAGS = (
    "favorite",
    "video",
    "photo",
    "screenshot",
    "document",
    "hidden",
    "raw",
    "unnamed",
    "located",
    "missing",
)
_OPERATORS = (">=", "<=", ">", "<", "=")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<open>\() | (?P<close>\))
    | (?P<field>[^\W\d_]+):(?P<operator>>=|<=|>|<|=)?
        (?:"(?P<quoted>(?:[^"\\]|\\.)*)(?:"|$)|(?P<value>[^\s()"]+)|(?P<nothing>))
    | "(?P<phrase>(?:[^"\\]|\\.)*)(?:"|$)
    | (?P<minus>-)(?=[^\s-])
    | (?P<word>[^\s()"]+)
    | (?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Everything:
    """All photos: the empty search."""


@dataclass(frozen=True, slots=True)
class Word:
    """A free word: may be anything that a photo is known by."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must stand together, exactly so."""

    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A named property; `operator` is one of = > >= < <=."""

    field: str
    value: str
    operator: str = "="


@dataclass(frozen=True, slots=True)
class Not:
    """What a photo must not be."""

    child: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these."""

    children: tuple[Node, ...]


Node = Everything | Word | Phrase | Filter | Not | And | Or


def parse(text: str) -> Node:
    """The tree of a search; raises QueryError, telling what is wrong and what would be right."""
    if len(text) > LONGEST:
        raise QueryError(f"a search may have at most {LONGEST} characters, this one has {len(text)}")
    return _Parser(text.translate(_QUOTES)).query()


def leaves(node: Node, negated: bool = False) -> Iterator[tuple[Word | Phrase | Filter, bool]]:
    """All words, phrases and filters of a tree, in order, each with whether it is negated."""
    if isinstance(node, Word | Phrase | Filter):
        yield node, negated
    elif isinstance(node, Not):
        yield from leaves(node.child, not negated)
    elif isinstance(node, And | Or):
        for child in node.children:
            yield from leaves(child, negated)


def write(node: Node) -> str:
    """A tree as text; `parse` gives the same tree back."""
    if isinstance(node, Everything):
        return ""
    if isinstance(node, Word):
        return node.text
    if isinstance(node, Phrase):
        return _quote(node.text)
    if isinstance(node, Filter):
        operator = "" if node.operator == "=" else node.operator
        bare = re.fullmatch(r'[^\s()"\\<>=][^\s()"\\]*', node.value)
        return f"{node.field}:{operator}{node.value if bare else _quote(node.value)}"
    if isinstance(node, Not):
        inner = write(node.child)
        return f"-{inner}" if isinstance(node.child, Word | Phrase | Filter) else f"NOT ({inner})"
    if isinstance(node, And):
        return " ".join(f"({write(c)})" if isinstance(c, And | Or) else write(c) for c in node.children)
    return " OR ".join(f"({write(c)})" if isinstance(c, Or) else write(c) for c in node.children)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL).strip()


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._tokens = [t for t in _TOKEN.finditer(text) if t.lastgroup != "end"]
        self._at = 0
        self._depth = 0

    def query(self) -> Node:
        if not self._tokens:
            return Everything()
        node = self._or()
        if self._peek() is not None:
            raise QueryError('a ")" has no "(" before it')
        return node

    def _peek(self) -> re.Match[str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is(self, word: str) -> bool:
        token = self._peek()
        return token is not None and token["word"] == word

    def _or(self) -> Node:
        children = [self._and()]
        while self._is("OR"):
            self._at += 1
            children.append(self._and())
        return children[0] if len(children) == 1 else Or(tuple(children))

    def _and(self) -> Node:
        children = [self._not()]
        while True:
            if self._is("AND"):
                self._at += 1
                children.append(self._not())
                continue
            token = self._peek()
            if token is None or token["close"] or self._is("OR"):
                break
            children.append(self._not())
        children = [c for c in children if not isinstance(c, Everything)] or [Everything()]
        return children[0] if len(children) == 1 else And(tuple(children))

    def _not(self) -> Node:
        token = self._peek()
        if token is None or token["close"] or token["word"] in ("OR", "AND"):
            after = (
                f"after {self._tokens[self._at - 1].group().strip()!r}" if self._at else "at the beginning"
            )
            raise QueryError(
                f'something to search for is missing {after}; write "OR" in quotes to find the word'
            )
        self._at += 1
        if token["minus"] or token["word"] == "NOT":
            self._deeper()
            child = self._not()
            self._depth -= 1
            return child.child if isinstance(child, Not) else Not(child)
        if token["open"]:
            return self._parenthesis()
        if token["field"]:
            return _filter(token)
        if token["phrase"] is not None:
            phrase = _unquote(token["phrase"])
            return Phrase(phrase) if phrase else Everything()
        return Word(token["word"])

    def _parenthesis(self) -> Node:
        self._deeper()
        token = self._peek()
        if token is not None and token["close"]:
            self._at += 1
            self._depth -= 1
            return Everything()
        node = self._or()
        if self._peek() is None:
            raise QueryError('a "(" has no ")" after it')
        self._at += 1
        self._depth -= 1
        return node

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise QueryError(f"parentheses and negations may be nested {DEEPEST} deep at most")


def _filter(token: re.Match[str]) -> Filter:
    name = token["field"].casefold()
    field = ALIASES.get(name, name)
    if field not in FIELDS:
        near = difflib.get_close_matches(field, FIELDS, n=1)
        hint = f'did you mean "{near[0]}:"?' if near else "known: " + ", ".join(FIELDS)
        raise QueryError(f'no filter is called "{token["field"]}:"; {hint} (quotes find it as a word)')
    value = _unquote(token["quoted"]) if token["quoted"] is not None else token["value"] or ""
    operator = token["operator"] or "="
    if not value:
        raise QueryError(f'"{field}:" needs a value, like {_example(field)}')
    return _checked(field, operator, value)


def _checked(field: str, operator: str, value: str) -> Filter:
    reading = FIELDS[field]
    if operator != "=" and reading != "number":
        raise QueryError(f'"{field}:" is not a number and cannot be compared with "{operator}"')
    if reading == "number" and not re.fullmatch(r"[0-9]{1,6}(\.\.[0-9]{1,6})?", value):
        raise QueryError(f'"{field}:" needs a number, like {_example(field)}, not {value!r}')
    if reading == "number" and ".." in value and operator != "=":
        raise QueryError(f'"{field}:" takes a range or a comparison, not both')
    if reading == "date":
        dates.parse(value)
    if reading == "flag":
        value = value.casefold()
        value = {"favourite": "favorite", "favorites": "favorite", "videos": "video"}.get(value, value)
        if value not in FLAGS:
            raise QueryError(f'"is:" knows {", ".join(FLAGS)}; not {value!r}')
    return Filter(field, value, operator)


def _example(field: str) -> str:
    examples = {
        "people": "people:3 or people:>10",
        "rating": "rating:>3",
        "year": "year:2019",
        "is": "is:favorite",
    }
    if FIELDS[field] == "date":
        return f"{field}:2019, {field}:2019-05 or {field}:2019-05-03"
    return examples.get(field, f'{field}:word or {field}:"two words"')
