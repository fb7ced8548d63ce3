"""Processor time that is work: with several threads, those that wait for others count as well."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
from threadpoolctl import threadpool_limits

from veduta.settings import settings


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for OpenCV, products of matrices and networks that are opened inside."""
    before, said = cv2.getNumThreads(), os.environ.get("VEDUTA_THREADS")
    cv2.setNumThreads(1)
    os.environ["VEDUTA_THREADS"] = "1"
    settings.cache_clear()
    try:
        with threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)
        del os.environ["VEDUTA_THREADS"]
        if said is not None:
            os.environ["VEDUTA_THREADS"] = said
        settings.cache_clear()
