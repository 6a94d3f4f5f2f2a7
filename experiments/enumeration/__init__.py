"""The true optimum of `archgym-pow2` on twelve workloads: `python -m experiments.enumeration`.

Every distinct design, those that lose data included, is simulated on every workload
(`workloads.py`): a table each, in the folder `--out`. From the tables come, in this folder,

- `summary.json`: optima with and without designs that never refresh, quantiles, checksums, and
  which problems are too easy to report;
- `results.md`: the same to read, with the best designs of the workloads side by side;
- `costs.svg`: how costs are distributed.

Most runs last 6 to 40 refresh intervals, and up to eight refreshes can be postponed: all of a short
run's. Runtime and energy, and what is computed of them, are charged for what was not made up for
at the end. Latency is not, as requests have waited for as long as they have waited: on the short
workloads postponing everything is as good for latency as never refreshing. `matmul` is long enough.

Any command can be killed and given again; tables that are complete are only read.
"""
