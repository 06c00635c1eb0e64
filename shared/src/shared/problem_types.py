"""The types of problems: when each is answered, what it means and what to do, in two languages."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TYPE_PREFIX = "https://ronde.example/problems/"


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads of a type."""

    title: str
    happened: str
    to_do: str


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One type of problem.

    Parameters
    ----------
    statuses : with which it is answered, the usual first
    detail : what one may say
    words : by language, `en` and `fr`
    at_edge : the gateway answers so, for itself and for the services behind it
    operations : the only ones that answer so; any, if none is named
    parameter : what an operation that answers so takes
    """

    slug: str
    statuses: tuple[int, ...]
    detail: str
    words: dict[str, Words]
    at_edge: bool
    operations: frozenset[str]
    parameter: str | None

    @property
    def url(self) -> str:
        """The identifier that stands in `type`."""
        return TYPE_PREFIX + self.slug

    @property
    def path(self) -> str:
        """Where a gateway shows the type's page: the path of its identifier."""
        return f"/problems/{self.slug}"

    def may_come_of(self, operation: str, parameters: frozenset[str]) -> bool:
        """Tell whether an operation that answers its status may answer it."""
        if self.operations:
            return operation in self.operations
        return self.parameter is None or self.parameter in parameters


@cache
def problem_types() -> dict[str, ProblemType]:
    """Return all types by slug, in the order of the page."""
    written = tomllib.loads(files("shared").joinpath("problem_types.toml").read_text("utf-8"))
    return {
        slug: ProblemType(
            slug=slug,
            statuses=tuple(it["status"]),
            detail=it["detail"],
            words={language: Words(**it[language]) for language in ("en", "fr")},
            at_edge=it.get("edge", False),
            operations=frozenset(it.get("operations", ())),
            parameter=it.get("parameter"),
        )
        for slug, it in written.items()
    }
