"""Parts of a study, for machines that share no file system and no network: `--shard 2/8`.

Every part is run in a folder of its own, by the same command but for its number, as a batch system
does for an array of jobs. `archgym.study.merge` joins the folders.
"""

import re
from dataclasses import dataclass

import numpy as np

from archgym.errors import ArchgymError
from archgym.study.spec import MOST_TRIALS, Spec
from archgym.study.trial import Trial


@dataclass(frozen=True)
class Shard:
    """One of so many parts of a study.

    Attributes:
        number: Which, from 1.
        parts: How many there are.
    """

    number: int
    parts: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Reads a text like `2/8`.

        Raises:
            ArchgymError: It is none.
        """
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text.strip(), re.ASCII)
        number, parts = map(int, match.groups()) if match else (0, 0)
        if not 1 <= number <= parts <= MOST_TRIALS:
            raise ArchgymError(f"a shard is one of n, such as 1/8 to 8/8, not {text!r}")
        return cls(number, parts)

    def __str__(self) -> str:
        """Returns the text."""
        return f"{self.number}/{self.parts}"

    def trials(self, study: Spec) -> list[Trial]:
        """Returns the trials of the part, in the study's order.

        They are dealt out in an order that is random, though always the same: agents and workloads
        that are slow come to all parts alike.
        """
        trials = study.trials
        dealt = np.random.default_rng(len(trials)).permutation(len(trials))
        return [trials[index] for index in sorted(dealt[self.number - 1 :: self.parts].tolist())]
