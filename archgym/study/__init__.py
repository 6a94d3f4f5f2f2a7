"""Studies: agents x workloads x objectives x seeds, each a trial, run by worker processes.

A study is described by a TOML file:

```toml
name = "demo"
space = "archgym"
simulator = "native"
device = "ddr4-2400"
budget = 100                        # evaluations per trial
seeds = 6
objectives = ["latency"]
workloads = ["stream", { name = "cloud-1", requests = 5000 }, "recorded/app.stl"]

[agents.random_search]
[agents.small_ga]                   # any label, if `agent` names the algorithm
agent = "genetic_algorithm"
population = 10
budget = 1000                       # for this agent; seeds may differ too
```

A list of values for a hyperparameter, `population = [8, 16, 32]`, stands for as many agents, and so
does a range to draw from; see `archgym.study.sweep`.

Agents are compared after equal budgets: after 100 evaluations here, and the one that has 1000 once
more after those.

A workload is played as its trace is meant to be unless its table says otherwise: `{ name =
"cloud-1", player = { mode = "closed", max_outstanding = 8 } }`, with the attributes of
`archgym.traces.player.Player`. That of a trace file may say what the file leaves open: `clock_mhz`,
`size` and `reads_only`, as `archgym.Workload.load` takes them. A table may also list
`objectives` of its own, in place of the study's. Further keys: `seed` (0), from which the trials'
seeds derive, and `allow_data_loss` (false).
Seed number i is the same for all agents, workloads and objectives, so that agents can be compared
in pairs. A study and its seed determine every row of its logs, save for the times.

What a study reads is part of it: `inputs.json` in its folder says what the device, the workloads,
the simulator and the files of agents contained, and results of other contents do not go there. All
files in it have checksums or digests; the same command sets aside what is damaged and makes it
again (`archgym.study.damage`). Parts of a study can be run in folders of their own
(`archgym.study.shard`) and joined (`archgym.study.merge`). One command at a time runs in a folder
(`archgym.study.lock`); anyone can read it meanwhile.
"""

from archgym.study.executor import Executor, TrialFailure
from archgym.study.parts import AgentSpec, WorkloadSpec
from archgym.study.processes import LocalProcesses
from archgym.study.study import Study
from archgym.study.trial import Trial

__all__ = [
    "AgentSpec",
    "Executor",
    "LocalProcesses",
    "Study",
    "Trial",
    "TrialFailure",
    "WorkloadSpec",
]
