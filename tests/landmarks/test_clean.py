"""Cleaning: what is unlike its landmark goes, persons have the last word, the rules are what they are said to be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.landmarks.test_bank import put
from veduta.landmarks import clean as cleaning
from veduta.landmarks.bank import Bank, BankError
from veduta.landmarks.bank_features import name, store_of
from veduta.landmarks.clean import NEIGHBORS, agreement, clean
from veduta.landmarks.clean_report import write_report
from veduta.landmarks.features import DIMENSION, LOOKS
from veduta.landmarks.importing import fill
from veduta.landmarks.references import WANTED, give, listed, put_back, suggest
from veduta.landmarks.whitening import Whitening

Floats = NDArray[np.float32]
MARKS, PHOTOS, DIRT = 6, 12, 2


def unit(rows: NDArray[np.floating]) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def make_bank(root: Path) -> tuple[Path, Floats]:
    """MARKS landmarks of PHOTOS photos, of which the last DIRT show something else, with vectors that say so; and
    vectors of strangers.
    """
    random = np.random.default_rng(0)
    for mark in range(MARKS):
        for photo in range(PHOTOS):
            put(root / f"source/mark{mark}/{photo:02}.jpg", 1000 * mark + photo)
    folder = fill(root / "bank", root / "source")
    common, elsewhere = random.normal(size=(2, DIMENSION))
    centers = random.normal(size=(MARKS, DIMENSION))
    with Bank.open(folder) as opened:
        store = store_of(opened)
        for photo in opened.photos():
            mark, number = int(photo.landmark[4:]), int(photo.path.stem)
            dirt = 1.5 * elsewhere + random.normal(size=DIMENSION)
            center = dirt if number >= PHOTOS - DIRT else centers[mark]
            rows = 2 * common + center + random.normal(size=(len(LOOKS), DIMENSION))
            store.add([name(str(photo.hash), look) for look in LOOKS], unit(rows))
    strangers = random.normal(size=(80, DIMENSION)) + 2 * common + random.normal(size=(80, DIMENSION))
    return folder, unit(strangers)


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bank as `make_bank` makes it, with no other strangers than its own."""
    folder, strangers = make_bank(tmp_path)
    monkeypatch.setattr(cleaning, "shipped", lambda: strangers)
    return folder


def dropped(folder: Path) -> set[tuple[str, int]]:
    with Bank.open(folder) as opened:
        photos = list(opened.photos(kept=False))
    return {(photo.landmark, int(photo.path.stem)) for photo in photos if photo.state == "dropped"}


TRUTH = {(f"mark{mark}", photo) for mark in range(MARKS) for photo in range(PHOTOS - DIRT, PHOTOS)}


def test_dirt_is_dropped_with_reason_and_score(bank: Path) -> None:
    with Bank.open(bank) as opened:
        result = clean(opened)
        photos = list(opened.photos(kept=False))
    assert dropped(bank) == TRUTH
    assert result.judged == MARKS * PHOTOS and result.dropped == len(TRUTH)
    assert result.unjudged == () and result.suspicious == ()
    for photo in photos:
        assert photo.score is not None and (photo.score >= 0) == (photo.state == "kept")
        assert photo.why.startswith("unlike its references") == (photo.state == "dropped")
    assert sum(photo.reference for photo in photos) == MARKS * WANTED
    assert not any(photo.reference for photo in photos if photo.state == "dropped")


def test_a_second_cleaning_says_the_same(bank: Path) -> None:
    with Bank.open(bank) as opened:
        first = clean(opened)
        assert clean(opened) == first
    assert dropped(bank) == TRUTH


def test_what_a_person_puts_back_stays(bank: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "restore.txt"
    wanted.write_text("mark0/10.jpg\nmark3/11.jpg\n", "utf-8")
    with Bank.open(bank) as opened:
        clean(opened)
        assert put_back(opened, listed(opened, wanted)) == 2
        assert put_back(opened, listed(opened, wanted)) == 0
        clean(opened)
    back = {("mark0", 10), ("mark3", 11)}
    # They count as views of their landmark now, so that others like them may come back too.
    unlike = {(mark, photo) for mark, photo in TRUTH if mark not in ("mark0", "mark3")}
    assert not dropped(bank) & back and dropped(bank) >= unlike
    before = dropped(bank)
    fill(bank, tmp_path / "source")
    assert dropped(bank) == before


def test_given_references_are_taken_and_stay(bank: Path, tmp_path: Path) -> None:
    file = tmp_path / "references.csv"
    file.write_text(
        "file,landmark\n" + "".join(f"mark5/{n}.jpg,mark5\n" for n in ("00", "01", "02")), "utf-8"
    )
    with Bank.open(bank) as opened:
        clean(opened)
        give(opened, listed(opened, file))
        for _ in range(2):
            clean(opened)
            found = {p.path.stem: (p.state, p.judge) for p in opened.photos("mark5") if p.reference}
            assert found == dict.fromkeys(("00", "01", "02"), ("kept", "person"))
    assert dropped(bank) == TRUTH


def test_few_photos_are_not_judged(bank: Path, tmp_path: Path) -> None:
    with Bank.open(bank) as opened, opened.writing() as connection:
        connection.execute("DELETE FROM photos WHERE landmark = 'mark2' AND path NOT LIKE '%/11.jpg'")
    with Bank.open(bank) as opened:
        assert clean(opened).unjudged == ("mark2",)
        assert [photo.score for photo in opened.photos("mark2")] == [None]


def test_nothing_to_compare_with_is_told(bank: Path) -> None:
    with Bank.open(bank) as opened:
        with opened.writing() as connection:
            connection.execute("DELETE FROM photos WHERE landmark != 'mark1'")
        with pytest.raises(BankError, match="others"):
            clean(opened, background=np.zeros((0, DIMENSION), np.float32))
        with opened.writing() as connection:
            connection.execute("DELETE FROM photos WHERE path NOT LIKE '%/11.jpg'")
        with pytest.raises(BankError, match="nothing can be judged"):
            clean(opened)
        with opened.writing() as connection:
            connection.execute("UPDATE photos SET state = 'pending'")
        with pytest.raises(BankError, match="not all photos were read"):
            clean(opened)


def test_lists_with_unknown_or_unreadable_photos_are_refused(bank: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    with Bank.open(bank) as opened:
        for text, reason in (
            ("nowhere.jpg\n", "not photos of this bank"),
            ("\n", "names no photos"),
            ("[1", "JSON"),
        ):
            file.write_text(text, "utf-8")
            with pytest.raises(BankError, match=reason):
                listed(opened, file)
        with pytest.raises(BankError, match="cannot be read"):
            listed(opened, tmp_path / "absent.txt")
        photo = next(opened.photos())
        with opened.writing() as connection:
            connection.execute(
                "UPDATE photos SET hash = NULL, why = 'cannot be read: cut' WHERE id = ?", (photo.id,)
            )
        file.write_text(json.dumps([str(photo.path)]), "utf-8")
        for use in (give, put_back):
            with pytest.raises(BankError, match="cut"):
                use(opened, listed(opened, file))


def naive_agreement(vectors: Floats, strangers: Floats) -> list[float]:
    pool = np.concatenate([vectors, strangers])
    alike = pool @ pool.T
    near = []
    for row in range(len(pool)):
        order = sorted(
            (other for other in range(len(pool)) if other != row), key=lambda o, r=row: -alike[r, o]
        )
        near.append(set(order[:NEIGHBORS]))
    count = len(vectors)
    return [
        sum(other < count and row in near[other] for other in near[row]) / min(NEIGHBORS, count - 1)
        for row in range(count)
    ]


def test_agreement_is_what_a_naive_count_finds() -> None:
    random = np.random.default_rng(3)
    vectors, strangers = unit(random.normal(size=(15, 8)) + 1), unit(random.normal(size=(25, 8)))
    assert np.allclose(agreement(vectors, strangers), naive_agreement(vectors, strangers))
    assert agreement(vectors[:1], strangers).tolist() == [0]


def test_suggested_references_are_the_densest() -> None:
    random = np.random.default_rng(4)
    vectors = unit(random.normal(size=(30, 16)) + 2 * (np.arange(30) < 20)[:, None])
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -2)
    density = np.sort(alike, axis=1)[:, -10:].mean(axis=1)
    assert suggest(vectors).tolist() == np.argsort(-density, kind="stable")[:WANTED].tolist()
    assert sorted(suggest(vectors[:2]).tolist()) == [0, 1]


@pytest.mark.parametrize("count", [20, 200])
def test_whitening_spreads_equally(count: int) -> None:
    random = np.random.default_rng(5)
    vectors = (random.normal(size=(count, 40)) * np.linspace(1, 9, 40) + 3).astype(np.float32)
    space = Whitening.fit(vectors, 16, 0.0)
    spread = (vectors - space.mean) @ space.projection
    assert spread.shape[1] == min(16, (count - 1) // 2)
    assert np.allclose(np.cov(spread.T), np.eye(spread.shape[1]), atol=1e-2)
    assert np.allclose(np.linalg.norm(space.apply(vectors), axis=1), 1, atol=1e-5)


def test_the_threshold_lets_the_told_share_of_strangers_pass(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Sequence[float]] = []
    true = np.quantile

    def spy(values: Floats, share: float) -> float:
        seen.append((float(true(values, share)), share))
        return float(true(values, share))

    monkeypatch.setattr(cleaning.np, "quantile", spy)
    with Bank.open(bank) as opened:
        assert clean(opened).thresholds == tuple(limit for limit, _ in seen)
    assert {share for _, share in seen} == {cleaning.PASS}


def test_the_page_shows_what_was_dropped(bank: Path, tmp_path: Path) -> None:
    with Bank.open(bank) as opened:
        clean(opened)
        text = write_report(opened, tmp_path / "report.html").read_text("utf-8")
        paths = [str(photo.path) for photo in opened.photos(kept=False) if photo.state == "dropped"]
    for path in paths:
        assert f'data-path="{path}"' in text
    assert text.count("data-path=") == len(paths) and "<!--" not in text
    assert "http://" not in text and "https://" not in text


def test_the_command(bank: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from veduta.cli.app import app

    page, wanted = tmp_path / "report.html", tmp_path / "restore.txt"
    run = CliRunner().invoke(app, ["landmarks", "clean", str(bank), "--report", str(page), "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["dropped"] == len(TRUTH) and page.exists()
    wanted.write_text("mark0/10.jpg\n", "utf-8")
    run = CliRunner().invoke(app, ["landmarks", "clean", str(bank), "--restore", str(wanted), "--json"])
    assert run.exit_code == 0 and json.loads(run.stdout)["put_back"] == 1
    assert dropped(bank) == TRUTH - {("mark0", 10)}
