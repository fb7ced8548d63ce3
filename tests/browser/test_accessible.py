"""axe finds nothing serious on any page, in either theme, on a desk or on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import ask

PAGES = (
    "/",
    "/search",
    "/search?q=place%3AVienna",
    "/search?q=xqzzvw",
    "/albums",
    "/albums/recent",
    "/people",
    "/map",
    "/duplicates",
    "/activity",
    "/settings",
    "/workshop",
    "/nowhere",
    "photo",
)


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1360), ("dark", 1360), ("light", 390), ("dark", 800)]
)
def test_no_serious_violation(visit: Any, library_url: str, axe: str, scheme: str, width: int) -> None:
    window = visit(library_url, width=width, color_scheme=scheme, reduced_motion="reduce")
    photo = ask(library_url, "/api/photos?limit=1")["photos"][0]["id"]
    found: list[str] = []
    for path in PAGES:
        page = window.go(f"/photo/{photo}" if path == "photo" else path)
        page.wait_for_load_state("load")
        page.wait_for_selector("h1, h2, [role=dialog]")
        if path == "photo":
            page.keyboard.press("i")
            page.keyboard.press("f")
        page.wait_for_timeout(700)
        page.evaluate(axe)
        result = page.evaluate(
            "axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        )
        for violation in result["violations"]:
            if violation["impact"] in ("serious", "critical"):
                where = "; ".join(
                    node["html"][:160] + " " + node["failureSummary"][:200] for node in violation["nodes"][:3]
                )
                found.append(f"{path}: {violation['id']}: {where}")
    window.complaints.clear()  # the page at a wrong address logs its refusal
    assert not found, "\n".join(found)
