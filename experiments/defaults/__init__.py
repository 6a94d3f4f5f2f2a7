"""Compares settings of the agents on the development workloads, so as to choose the defaults.

```sh
python -m experiments.enumeration tables       # once, an hour
python -m experiments.defaults OUT [--agents NAME ...] [--tables FOLDER] [--seeds N]
                                   [--settings N] [--workers N]
```

Each agent has its defaults as they are and settings drawn at random from `candidates`, all with 100
evaluations, and agents that learn by reinforcement, which could do nothing with so few, with 1,000.
The workloads are the four that no published figure is about: nothing is tuned on what is reported.
Runtime is no objective: nearly all agents are at its optimum soon.

OUT/WORKLOAD/AGENT are folders of studies, which are resumed if they were stopped. OUT/results.json
lists the settings of each agent, best first, by the mean over objectives and workloads of their
regret to the true optimum, (f - f*) / (f_default - f*), which counts as 1 at most: no worse than
keeping the default design. The mean, since most problems are solved by half of the seeds or more:
what is left to choose by is how often the others fail.

`results.json` beside this file is what the defaults were chosen by. Those of an agent stayed where
no setting was better.
"""
