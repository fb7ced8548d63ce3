"""Benchmarks: every published figure can be measured again with ``python -m benchmarks``."""
