"""What makes one design better than another: metrics in, one cost to minimise out.

An objective is written as a short text:

```
TERM                         the least of one term            "runtime"
TERM with LIMIT and LIMIT    as above, of the designs that    "power with runtime <= 1.05x"
                             keep all limits                  "energy with runtime <= 1.02x and
                                                              power <= 2500mW"
LIMIT and LIMIT, then TERM   the same, written in the order   "latency <= 200ns, then power"
                             of importance
archgym-power [MW]           the formulas of the ArchGym      "archgym-latency 90000"
archgym-latency [NS]         paper, each with a target
archgym-both [MW NS]
```

A limit is a multiple of what the default design has, `runtime <= 1.05x`, or has a unit,
`power <= 2500mW`: ns, us, ms, s; nJ, uJ, mJ, J; nJ ns; mW, W; MB/s, GB/s. A bare number could be
either, so it is refused.

Terms: `runtime` (ns) and `energy` (nJ), both charged for refreshes that a run put off and never
paid; `edp` (nJ ns), their product, and `power` (mW), their quotient, which needs a limit that slow
designs miss, for power alone rewards slowness; `latency`, `latency_p99`, `read_latency` and
`read_latency_p99` (ns, from the trace's arrival); and `bandwidth` (GB/s, over the charged runtime),
which can only be limited, from below: `bandwidth >= 0.9x`.

What the controller takes to build can be limited, or be the least while a term is limited:
`queue_entries`, the entries of its request buffers. Its limits are always in entries, and so have
no unit: `queue_entries <= 64`.
"""

from archgym.objectives.costs import (
    AT_TARGET,
    VIOLATION,
    AtTarget,
    Least,
    Limit,
    Limited,
    Objective,
)
from archgym.objectives.grammar import examples, make, names, respell
from archgym.objectives.terms import COSTS, KNOWN, TERMS, UNITS, Metrics, Term, term

__all__ = [
    "AT_TARGET",
    "COSTS",
    "KNOWN",
    "TERMS",
    "UNITS",
    "VIOLATION",
    "AtTarget",
    "Least",
    "Limit",
    "Limited",
    "Metrics",
    "Objective",
    "Term",
    "examples",
    "make",
    "names",
    "respell",
    "term",
]
