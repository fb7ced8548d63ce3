"""Veduta: a photo library that sees."""

__version__ = "0.1.0"
