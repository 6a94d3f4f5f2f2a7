"""Runs the experiments; see `experiments.proxy`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from matplotlib import rc_context

from archgym.proxy.evaluation import Evaluation
from archgym.proxy.models import MODELS
from archgym.proxy.pictures import draw_curves, draw_predictions
from experiments.proxy import agents, dataset, known, search, speed, unseen
from experiments.proxy.data import METRICS, simulate

RESULTS = Path(__file__).parent
SIZES = (250, 500, 1000, 2000, 4000, 7834)

app = typer.Typer(help=__doc__)
Tables = Annotated[Path, typer.Option(help="Folder with the tables of experiments.enumeration.")]
Results = Annotated[Path, typer.Option(help="Folder for the results.")]
Workloads = Annotated[list[str] | None, typer.Option(help="Only these; others' results stay.")]
Kinds = Annotated[list[str] | None, typer.Option(help="Only these kinds of model.")]


@app.command("known")
def measure_known(
    tables: Tables = Path("tables"),
    results: Results = RESULTS,
    workload: Workloads = None,
    model: Kinds = None,
    effort: Annotated[float, typer.Option(help="How long to train, relative to usual.")] = 1.0,
) -> None:
    """Unseen designs of known workloads, from 5 % of the designs."""
    found = _read(results / "known.json")
    evaluations: list[Evaluation] = []
    for name, kind, record, evaluation in known.measure(
        tables, model or list(MODELS), workload or (), effort=effort
    ):
        found.setdefault(name, {})[kind] = record
        errors = [record["scores"][metric]["rmse_percent"] for metric in METRICS]
        typer.echo(f"{name} {kind}: RMSE {errors} % of the mean")
        _write(results / "known.json", found)
        if kind == "mlp":
            evaluations.append(evaluation)
    if evaluations and not workload:
        with rc_context({"svg.hashsalt": "proxy", "svg.fonttype": "none"}):
            parts = tuple(part for each in evaluations for part in each.parts)
            figure = draw_predictions(Evaluation(parts, 0))
            figure.savefig(results / "known.png", dpi=60)


@app.command("sizes")
def measure_sizes(
    tables: Tables = Path("tables"),
    results: Results = RESULTS,
    workload: Workloads = None,
) -> None:
    """Learning curves, and the fewest designs that reach an RMSE of 1 % of the mean."""
    found = _read(results / "sizes.json")
    for path in known.tables(tables):
        if workload and path.name not in workload:
            continue
        found[path.name] = {"curve": {}, "first_below_1_percent": None}
        for size, errors in known.curve(path, SIZES):
            found[path.name]["curve"][str(size)] = {k: round(v, 4) for k, v in errors.items()}
            typer.echo(f"{path.name}, {size} designs: {errors}")
            if found[path.name]["first_below_1_percent"] is None and max(errors.values()) <= 1:
                found[path.name]["first_below_1_percent"] = size
            _write(results / "sizes.json", found)
    curves = {
        metric: {
            size: [each["curve"][str(size)][metric] for each in found.values()] for size in SIZES
        }
        for metric in METRICS
    }
    with rc_context({"svg.hashsalt": "proxy", "svg.fonttype": "none"}):
        figure = draw_curves(curves, "RMSE, % of the mean: median and range of workloads")
        figure.savefig(results / "sizes.svg", metadata={"Date": None})


@app.command("unseen")
def measure_unseen(
    results: Results = RESULTS,
    model: Kinds = None,
    designs: Annotated[int, typer.Option(help="Designs of each workload.")] = 1000,
) -> None:
    """Workloads that were left out of the training, each in turn."""
    samples = simulate(unseen.WORKLOADS, designs)
    found = _read(results / "unseen.json")
    for kind in model or list(MODELS):
        records = []
        for record in unseen.leave_one_out(samples, kind):
            records.append(record)
            typer.echo(f"{kind} {record['workload']}: Spearman {record['spearman']}")
        median = unseen.medians(records)
        typer.echo(f"{kind}: median {median}")
        found[kind] = {"median": median, "workloads": records}
        _write(results / "unseen.json", found)


@app.command("speed")
def measure_speed(
    path: Annotated[Path, typer.Option("--proxy", help="A proxy of a table's workload.")],
    table: Annotated[Path, typer.Option(help="That table.")],
    results: Results = RESULTS,
) -> None:
    """Designs per second, beside the native simulator and DRAMSys in the same run."""
    found = speed.measure(path, table)
    typer.echo(json.dumps(found, indent=1))
    _write(results / "speed.json", found)


@app.command("agents")
def measure_agents(
    tables: Tables = Path("tables"), results: Results = RESULTS, workload: Workloads = None
) -> None:
    """One agent's designs against several agents' of equal number."""
    found = _read(results / "agents.json")
    for path in known.tables(tables):
        if not workload or path.name in workload:
            found[path.name] = agents.compare(path)
            typer.echo(f"{path.name}: {json.dumps(found[path.name], indent=1)}")
            _write(results / "agents.json", found)


@app.command("search")
def measure_search(
    tables: Tables = Path("tables"),
    results: Results = RESULTS,
    work: Annotated[
        Path, typer.Option(help="Folder for proxies and curves, from which a run goes on.")
    ] = Path("proxy-search"),
) -> None:
    """Simulations that a search needs with a proxy, with none, and by other agents."""
    search.run(tables, work)
    found = search.summarise(work)
    _write(results / "search.json", found)
    (results / "search.md").write_text(search.markdown(found), encoding="utf-8")


@app.command("dataset")
def make_dataset(
    out: Annotated[Path, typer.Option(help="Folder for the dataset.")] = Path("reference-dataset"),
    work: Annotated[Path, typer.Option(help="Folder for the studies.")] = Path("reference-studies"),
    workers: Annotated[int, typer.Option(min=1, help="Processes that simulate.")] = 2,
    budget: Annotated[int, typer.Option(min=1, help="Evaluations per trial.")] = dataset.BUDGET,
) -> None:
    """The reference dataset: both spaces, twelve workloads, five agents."""
    whole = dataset.make(out, work, workers, budget)
    typer.echo(f"{out}: {len(whole):,} evaluations, sha256 {whole.sha256}")


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _write(path: Path, found: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    app()
