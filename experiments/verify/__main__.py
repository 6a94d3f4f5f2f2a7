"""The checks, one command each; see `experiments.verify`."""

from collections import Counter
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

import experiments.verify.core  # noqa: F401  (before anything that simulates)
from archgym.simulators.native import Native
from experiments.verify import legality as legal
from experiments.verify import robustness as robust
from experiments.verify import sanitizers as sanitized

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)
console = Console()

Seed = Annotated[int, typer.Option(help="Chooses all cases.")]
First = Annotated[int, typer.Option(help="The first case: goes on where a run was stopped.")]


@app.command()
def legality(
    commands: Annotated[int, typer.Option(help="How many commands at least.")] = 100_000_000,
    seed: Seed = 0,
    first: First = 0,
) -> None:
    """Checks the commands of random runs by JEDEC; exits with 1 at the first violation."""
    checked: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    with _progress() as progress:
        task = progress.add_task("Commands checked", total=commands)
        for case in legal.cases(seed, first, Native()):
            if case.violations:
                progress.stop()
                console.print(f"{case.workload.system.device.name}: {case.violations[0]}")
                console.print(f"Design: {case.design}", soft_wrap=True)
                _give_up("legality", seed, case.case, "--commands 1")
            standard = case.workload.system.device.standard
            checked[standard] += case.commands
            runs[standard] += 1
            progress.update(task, completed=checked.total(), description=_so_far(case.case))
            if checked.total() >= commands:
                break
    table = Table("Standard", "Runs", "Commands", "Violations")
    for standard in sorted(checked):
        table.add_row(standard, f"{runs[standard]:,}", f"{checked[standard]:,}", "0")
    table.add_row("all", f"{runs.total():,}", f"{checked.total():,}", "0")
    console.print(table)


@app.command()
def robustness(
    designs: Annotated[int, typer.Option(help="How many designs at least.")] = 1_000_000,
    seed: Seed = 0,
    first: First = 0,
) -> None:
    """Plays random designs, mappings and traces; exits with 1 at a crash, hang or nonsense."""
    outcomes: Counter[str] = Counter()
    cases = -(-designs // robust.DESIGNS_A_CASE)
    with _progress() as progress:
        task = progress.add_task("Designs played", total=cases * robust.DESIGNS_A_CASE)
        try:
            for done, result in enumerate(robust.play(seed, first, cases)):
                outcomes += result
                progress.update(task, completed=outcomes.total(), description=_so_far(first + done))
        except robust.FoundError as error:
            progress.stop()
            console.print(str(error), soft_wrap=True)
            _give_up("robustness", seed, error.case, "--designs 1")
    console.print(", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common()))


@app.command()
def sanitizers(
    designs: Annotated[int, typer.Option(help="How many designs to play.")] = 20_000,
) -> None:
    """Runs the tests, and plays designs, on a core built with sanitizers."""
    sanitized.build()
    play = ["-m", "experiments.verify", "robustness", "--designs", str(designs)]
    if sanitized.run_tests() or sanitized.run(play):
        raise typer.Exit(1)


def _progress() -> Progress:
    return Progress(
        *Progress.get_default_columns(), console=console, disable=not console.is_terminal
    )


def _so_far(case: int) -> str:
    return f"Case {case}"


def _give_up(command: str, seed: int, case: int, one: str) -> None:
    console.print(
        f"To repeat: python -m experiments.verify {command} --seed {seed} --first {case} {one}",
        soft_wrap=True,
    )
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
