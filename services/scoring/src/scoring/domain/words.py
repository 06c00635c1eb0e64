"""Sentences in the two languages of the product."""

from typing import NamedTuple


class Words(NamedTuple):
    """A sentence in French and in English."""

    fr: str
    en: str
