"""How far the agents of a study were from the true optimum, from tables of every design.

Usage: python -m experiments.regret RUN OUT

RUN is the folder of a study on `tabular:TABLES`, e.g. that of `experiments/agents.toml`. OUT
becomes a folder with `results.md`, `results.json` and `regret.svg`.

The regret of a search is (f - f*) / (f_default - f*): 0 is the best design that keeps its data, 1
the default design. Its quantile is the share of all such designs that cost less. Problems that are
too easy (1 % of the designs or more are within 1 % of the best) are left out. Agents are compared
after equal budgets (those of the study, and 100 and 1,000), over the problems of an objective
together; see `archgym.analysis.statistics`.
"""
