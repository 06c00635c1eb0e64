"""What counts as a positive outcome of a visit: data with a version, not code."""

from dataclasses import dataclass

import polars as pl

from scoring.domain.words import Words


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """A visit of one of `kinds` that saw something is positive when one of its findings is.

    A finding is when the record calls it critical (if `critical`), when its item is among `items`,
    or when its severity reaches `least_severity`. Secondary targets are the points of what a visit
    found, and whether something serious was still open after some days.
    """

    version: int
    kinds: tuple[str, ...]
    critical: bool
    items: tuple[str, ...]
    least_severity: int | None
    words: Words
    open_after_days: int = 30

    def positive(self) -> pl.Expr:
        """Tell of findings whether each makes its visit positive."""
        kept = pl.col("item").is_in(list(self.items))
        if self.critical:
            kept = kept | pl.col("critical")
        if self.least_severity is not None:
            kept = kept | (pl.col("severity") >= self.least_severity)
        return kept


DANGER: LabelPolicy = LabelPolicy(
    version=1,
    kinds=("routine",),
    critical=True,
    items=(),
    least_severity=None,
    words=Words(
        fr="Au moins une anomalie critique à une visite de routine où l’on a pu voir le lieu.",
        en="At least one critical finding at a routine visit that saw the place.",
    ),
)
