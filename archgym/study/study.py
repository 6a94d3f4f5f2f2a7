"""A study: its spec, which can be run."""

from collections.abc import Callable
from pathlib import Path

from archgym.study.executor import Executor, TrialFailure
from archgym.study.run import run
from archgym.study.spec import Spec
from archgym.study.trial import Trial


class Study(Spec):
    """A comparison of agents; made by `load` or `from_mapping`."""

    def run(
        self,
        out: str | Path,
        workers: int = 1,
        on_end: Callable[[Trial, TrialFailure | None], None] | None = None,
        *,
        executor: Executor | None = None,
    ) -> list[TrialFailure]:
        """Runs every trial that has not been run yet; see `archgym.study.run.run`."""
        return run(self, Path(out), workers, on_end, executor=executor)
