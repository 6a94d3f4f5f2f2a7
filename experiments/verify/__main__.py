"""The checks, one command each; see `experiments.verify`."""

import shlex
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

import experiments.verify.core  # noqa: F401  (before anything that simulates)
from experiments.verify import altered as changed
from experiments.verify import damage as damaged
from experiments.verify import faults as faulty
from experiments.verify import repair as repaired
from experiments.verify import robustness as robust
from experiments.verify import sanitizers as sanitized
from experiments.verify.devices import check_case as check_device
from experiments.verify.legality import check_case
from experiments.verify.memspecs import read_folder
from experiments.verify.watchdog import FoundError, Result, WrongError, play

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
    _print_checked(_play("legality", check_case, seed, first, commands, lambda r: r[1]))


@app.command()
def devices(
    configs: Annotated[
        Path | None,
        typer.Option(help="A folder of DRAMSys's configurations: memspec/, addressmapping/."),
    ] = None,
    generated: Annotated[int, typer.Option(help="How many devices to make up.")] = 200,
    commands: Annotated[int, typer.Option(help="How many commands at least.")] = 10_000_000,
    seed: Seed = 0,
    first: First = 0,
) -> None:
    """Checks runs on devices that are not bundled, each in turn; exits with 1 at the first wrong.

    Lists the memory specifications that don't load, and why.
    """
    name = f"devices --generated {generated}"
    if configs is not None:
        name += f" --configs {shlex.quote(str(configs))}"
        loaded, refused = read_folder(configs)
        for reason in refused:
            console.print(reason, soft_wrap=True)
        console.print(f"{len(loaded)} of {len(loaded) + len(refused)} memspecs load")
    run = partial(check_device, configs=configs, generated=generated)
    _print_checked(_play(name, run, seed, first, commands, lambda r: r[1]))


@app.command()
def robustness(
    designs: Annotated[int, typer.Option(help="How many designs at least.")] = 1_000_000,
    seed: Seed = 0,
    first: First = 0,
) -> None:
    """Plays random designs, mappings and traces; exits with 1 at a crash, hang or nonsense."""
    _count("robustness", robust.play_case, seed, first, designs)


@app.command()
def altered(
    runs: Annotated[int, typer.Option(help="How many runs on altered devices.")] = 100_000,
    documents: Annotated[int, typer.Option(help="How many altered specs and designs.")] = 20_000,
    proxies: Annotated[int, typer.Option(help="How many altered proxies.")] = 10_000,
    seed: Seed = 0,
    first: First = 0,
) -> None:
    """Alters devices, specs, designs and proxies; exits with 1 if nonsense is not refused."""
    _count("altered --documents 0 --proxies 0", changed.check_devices, seed, first, runs)
    _count("altered --runs 0 --proxies 0", changed.check_documents, seed, first, documents)
    _count("altered --runs 0 --documents 0", changed.check_proxies, seed, first, proxies)


@app.command()
def damage(
    files: Annotated[int, typer.Option(help="How many files to damage.")] = 10_000,
    seed: Seed = 0,
    first: First = 0,
) -> None:
    """Damages files of every kind; exits with 1 at a crash, a hang or damage read as data."""
    _count("damage", damaged.check_case, seed, first, files)


@app.command()
def repair(
    trials: Annotated[int, typer.Option(help="How many trials the study has.")] = 2_000,
    share: Annotated[float, typer.Option(help="The share of its files to damage.")] = 0.01,
    seed: Seed = 0,
) -> None:
    """Damages files of a study and runs it again; exits with 1 if it is another then."""
    with TemporaryDirectory() as name:
        try:
            files, chosen = repaired.check(trials, share, seed, Path(name))
        except WrongError as error:
            console.print(f"Seed {seed}: {error}", soft_wrap=True)
            raise typer.Exit(1) from None
    console.print(f"{chosen:,} of {files:,} files damaged and repaired: the same study")


@app.command()
def sanitizers(
    designs: Annotated[int, typer.Option(help="How many designs to play.")] = 20_000,
) -> None:
    """Runs the tests, and plays designs, on a core built with sanitizers."""
    sanitized.build()
    designs_too = ["-m", "experiments.verify", "robustness", "--designs", str(designs)]
    if sanitized.run_tests() or sanitized.run(designs_too):
        raise typer.Exit(1)


@app.command()
def faults(
    kills: Annotated[int, typer.Option(help="How often to kill a study or a worker of it.")] = 200,
    pairs: Annotated[int, typer.Option(help="How often to start a study twice at once.")] = 50,
    seed: Seed = 0,
) -> None:
    """Kills studies and starts them twice; exits with 1 unless each step is logged once."""
    # In the background of a shell, what is started here would ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with TemporaryDirectory() as name:
        for what, outcomes, total in (
            ("kills", faulty.kill(kills, seed, Path(name, "kills")), kills),
            ("pairs", faulty.pair(pairs, Path(name, "pairs")), pairs),
        ):
            try:
                counts = Counter(track(outcomes, what, total, console=console))
            except WrongError as error:
                console.print(f"Seed {seed}: {error}", soft_wrap=True)
                raise typer.Exit(1) from None
            found = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
            console.print(f"{counts.total()} {what}: {found}; every step once", soft_wrap=True)


def _count(
    name: str, run: Callable[[int, int], Counter[str]], seed: int, first: int, total: int
) -> None:
    """Plays cases until there are `total` outcomes, and prints how many of each there are."""
    if total < 1:
        return
    outcomes: Counter[str] = Counter()
    for result in _play(name, run, seed, first, total, lambda r: r.total()):
        outcomes += result
    console.print(", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common()))


def _print_checked(results: Iterable[tuple[str, int]]) -> None:
    """Prints how many commands of each standard were checked."""
    checked: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    for standard, count in results:
        checked[standard] += count
        runs[standard] += 1
    table = Table("Standard", "Runs", "Commands", "Violations")
    for standard in sorted(checked):
        table.add_row(standard, f"{runs[standard]:,}", f"{checked[standard]:,}", "0")
    table.add_row("all", f"{runs.total():,}", f"{checked.total():,}", "0")
    console.print(table)


def _play(
    name: str,
    run: Callable[[int, int], Result],
    seed: int,
    first: int,
    total: int,
    size: Callable[[Result], int],
) -> Iterator[Result]:
    """Yields what came of case after case until their sizes add up to `total`, showing progress.

    Ends the program with 1 if something is wrong with a case, and tells how to repeat it.
    """
    columns = Progress.get_default_columns()
    with (
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
        closing(play(run, seed, first)) as results,
    ):
        task, done = progress.add_task(name, total=total), 0
        try:
            for case, result in enumerate(results, start=first):
                yield result
                done += size(result)
                progress.update(task, completed=done, description=f"{name}, case {case}")
                if done >= total:
                    return
        except FoundError as error:
            progress.stop()
            again = f"{name} --seed {seed} --first {error.case}"
            console.print(f"Case {error.case}: {error}", soft_wrap=True)
            console.print(f"To repeat: python -m experiments.verify {again}", soft_wrap=True)
            raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
