"""One policy for workloads that it has never seen: how good is its only guess?

Usage: python -m experiments.generalist TABLES OUT [--rounds N] [--seeds N]

For each workload that results are reported on, a team of agents (`ippo`) is trained on all other
tabulated workloads in turn, and then proposes one design for the one left out, which nobody has
evaluated. Its regret is set beside how many evaluations random search and Bayesian optimisation
need until half of their runs are as good, and beside the design that is best on average over the
workloads trained on. TABLES is the folder of the tables that `python -m experiments.enumeration`
makes; OUT becomes a folder with `results.json` and `results.md`.
"""
