"""The words in which the objectives of a domain are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from archgym.objectives.costs import Objective
from archgym.objectives.terms import Term


class Formula(Protocol):
    """A kind of objectives that has a text of its own."""

    def read(self, text: str) -> Objective:
        """Makes the objective of a text whose first word is the formula's.

        Raises:
            ArchgymError: The text is not an objective.
        """

    @property
    def description(self) -> str:
        """What it means, for lists."""


@dataclass(frozen=True)
class Vocabulary:
    """The words in which the objectives of a domain are written.

    Attributes:
        terms: By name, those that are most often minimised first.
        formulas: Kinds of objectives that are no terms with limits, by the first word of the text.
        examples: Texts of objectives with limits, and what each means.
    """

    terms: Mapping[str, Term]
    formulas: Mapping[str, Formula] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Returns one text of every kind of objective."""
        return list(self.described())

    def described(self) -> dict[str, str]:
        """Returns one text of every kind of objective, and what each means."""
        simple = {
            name: f"least {term.description} ({term.unit or 'a count'})"
            for name, term in self.terms.items()
            if term.lower_is_better and not term.rewards
        }
        return (
            simple
            | dict(self.examples)
            | {name: formula.description for name, formula in self.formulas.items()}
        )
