"""Our agents beside the libraries that they stand on, called as anybody would call them.

Usage: python -m experiments.plain OUT [--tables FOLDER] [--seeds N] [--workers N] [--side SIDE]

Agents `optuna` (samplers `tpe` and `gp`) and `bayesian_optimization` (`gaussian_process`), with
their defaults, against `optuna.create_study` with the same sampler and `skopt.gp_minimize`, with
theirs: equal budgets, the default design not counted; common seeds; every problem of the tabulated
workloads that results are reported on, save for those that are too easy. The libraries get a
parameter as an integer if it is ordered and as a category if not, without the values that the space
rules out whatever the rest of the design; a design without metrics costs them what it costs our
agents.

A side of ours is non-inferior if its median regret is at most `MARGIN` above the library's, by the
upper end of the 95 % interval of their difference (a bootstrap in pairs of seeds).

FOLDER has the tables that `python -m experiments.enumeration` makes. OUT becomes a folder with
`results.json`, `results.md`, and in `trials/` one file per trial, so that a run that was stopped
goes on. Trials of ours are repeated when the defaults have changed since.
"""
