"""What evaluating costs beside agent and simulator: `python -m experiments.speed.evaluations`.

Everything that `Problem` does for a design is counted: it is checked, completed, looked up in the
cache, judged and written to a journal. Random search asks for designs of a table in batches. Prints
the figures and writes `experiments/speed/evaluations.json`: CPU time, medians of searches.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from archgym import agents, make_space
from archgym.assembly import assemble
from archgym.dram.workload import Workload
from archgym.evaluation_log import Journal
from archgym.simulators.tabular import Tabular
from archgym.study.enumeration import enumerate_space
from archgym.study.parts import WorkloadSpec
from archgym.study.trial import replace_text
from experiments.speed.__main__ import machine
from experiments.speed.clock import in_turn, median

RESULTS = Path(__file__).parent / "evaluations.json"
SPACE = "archgym-pow2"
BATCHES = (1, 32, 1000)
"""Designs a batch: a local search, the default of random search, and all at once."""


class Stopwatch:
    """Adds up the CPU time of calls, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a function that does the same, and is timed."""

        def call(*arguments: Any) -> Any:
            began = time.process_time()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.process_time() - began

        return call


def microseconds(table: Path, workload: Workload, batch: int, evaluations: int) -> float:
    """Returns the CPU time by evaluation from the first ask to the last tell, in microseconds.

    That of the agent and of the table is left out.
    """
    others, all_of_it = Stopwatch(), Stopwatch()
    simulator = Tabular(str(table))
    simulator.evaluate = others.timed(simulator.evaluate)
    with (
        TemporaryDirectory() as folder,
        Journal(Path(folder) / "trial.jsonl", trial="trial", agent="random_search", seed=0) as log,
    ):
        problem = assemble(
            workload,
            SPACE,
            "power with runtime <= 1.05x",
            simulator,
            budget=evaluations,
            journal=log,
        )
        agent = agents.make("random_search", problem.space, 0)
        agent.batch_size = batch
        agent.ask, agent.tell = others.timed(agent.ask), others.timed(agent.tell)
        assert problem.default
        others.seconds = 0.0
        all_of_it.timed(agent.search)(problem)
    return 1e6 * (all_of_it.seconds - others.seconds) / evaluations


def measure(scale: float) -> dict[str, Any]:
    """Returns all figures; `scale` shortens the searches."""
    requests, evaluations = 40, max(round(1000 * scale), 50)
    workload = Workload.load("stream", requests=requests)
    space = make_space(SPACE)
    with TemporaryDirectory() as folder:
        table = Path(folder) / "table"
        enumerate_space(space, WorkloadSpec("stream", (("requests", requests),)), table, workers=2)
        seconds = in_turn(
            {
                str(batch): partial(microseconds, table, workload, batch, evaluations)
                for batch in BATCHES
            },
            21 if scale >= 1 else 2,
        )
    return {
        "machine": machine(),
        "evaluations": evaluations,
        "microseconds_per_evaluation_by_batch": {
            batch: median(each) for batch, each in seconds.items()
        },
    }


def main(
    out: Annotated[Path, typer.Option(help="Where the figures are written.")] = RESULTS,
    scale: Annotated[float, typer.Option(help="Below 1: a quick try, not to be relied on.")] = 1.0,
) -> None:
    """Measures what an evaluation costs beside the agent and the simulator."""
    report = measure(scale)
    for batch, each in report["microseconds_per_evaluation_by_batch"].items():
        typer.echo(f"in batches of {batch}: {each:.1f} us per evaluation")
    replace_text(out, json.dumps(report, indent=1) + "\n")
    typer.echo(f"Written to {out}")


if __name__ == "__main__":
    typer.run(main)
