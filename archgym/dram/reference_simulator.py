"""What a simulator of another project has to say for `native` to be compared with it."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archgym.dram.system import System
from archgym.parameter import Design
from archgym.simulator import Failure, Simulator


@dataclass(frozen=True)
class Defect:
    """A fault of another project's simulator that its users should know of.

    Attributes:
        name: What it is called here.
        description: What happens.
        remedy: What is done about it here.
    """

    name: str
    description: str
    remedy: str


class ReferenceSimulator(Simulator):
    """A simulator that can make reference runs.

    Attributes:
        title: What its own project calls it.
    """

    title: str

    @abstractmethod
    def detected(self) -> Sequence[Defect]:
        """Returns the defects that this build has, as far as they are known."""

    @abstractmethod
    def complete(self, design: Design, system: System) -> dict[str, Any] | Failure:
        """Checks a design and fills in the defaults."""
