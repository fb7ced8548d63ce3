"""What was found is told in words that fit its number."""

import pytest

from veduta.cli.counted import counted


@pytest.mark.parametrize(
    ("things", "told"),
    [
        (["person"] * 3 + ["car"], "3 people, 1 car"),
        (["bus", "bus", "sheep", "sheep", "knife", "knife"], "2 buses, 2 sheep, 2 knives"),
        (["text", "bench", "bench"], "1 line of text, 2 benches"),
        (["spots.png"], "1 spots.png"),
        ({"faces": 1, "plates": 2, "people": 1, "text": 3}, "1 face, 2 plates, 1 person, 3 lines of text"),
        ([], ""),
    ],
)
def test_words_fit_their_numbers(things: list[str] | dict[str, int], told: str) -> None:
    assert counted(things) == told
