"""Shared fixtures: the evaluation pictures, the model store, packaged photographs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# As the commands do, before NumPy is loaded: threads of BLAS wait for each other, spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Machines are busy at times: no test may depend on how long an example takes, nor on which ones are drawn today.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where VEDUTA_NO_SKIP is set, a test that skips has failed: that run promises to leave nothing out."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if os.environ.get("VEDUTA_NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"


@pytest.fixture(scope="session")
def eval_dir() -> Path:
    """The folder of evaluation pictures; skips where it is absent."""
    folder = Path(os.environ.get("VEDUTA_EVAL", ROOT.parent / "shared" / "eval"))
    if not folder.is_dir():
        pytest.skip(f"no evaluation pictures at {folder} (set VEDUTA_EVAL)")
    return folder


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of photographs that scikit-image ships."""
    import skimage

    return Path(skimage.__file__).parent / "data"


@pytest.fixture(scope="session")
def store():  # type: ignore[no-untyped-def]
    """The user's model store, with the default packs pulled; skips where they are not."""
    from veduta.nets.store import default_store

    found = default_store()
    missing = [state.name for state in found.states() if state.default and not state.ready]
    if missing:
        pytest.skip(f"model store lacks {', '.join(missing)}: run `veduta models pull`")
    return found


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The store of this process's settings for one test: an empty one."""
    from veduta.nets.store import default_store
    from veduta.settings import settings

    monkeypatch.setenv("VEDUTA_MODELS", str(tmp_path / "models"))
    settings.cache_clear()
    default_store.cache_clear()
    yield default_store()
    monkeypatch.undo()
    settings.cache_clear()
    default_store.cache_clear()
