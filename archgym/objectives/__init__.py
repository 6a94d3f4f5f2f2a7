"""What makes one design better than another: metrics in, one cost to minimise out.

An objective is written as a short text:

```
TERM                         the least of one term            "runtime"
TERM with LIMIT and LIMIT    as above, of the designs that    "power with runtime <= 1.05x"
                             keep all limits                  "energy with runtime <= 1.02x and
                                                              power <= 2500mW"
LIMIT and LIMIT, then TERM   the same, written in the order   "latency <= 200ns, then power"
                             of importance
FORMULA ...                  a formula of the domain, with    "archgym-latency 90000"
                             a text of its own
```

A limit is a multiple of what the default design has, `runtime <= 1.05x`, or has a unit,
`power <= 2500mW`: ns, us, ms, s; nJ, uJ, mJ, J; mW, W; MB/s, GB/s; or the term's own. A bare number
could be either, so it is refused.

Which terms and formulas there are is the domain's `Vocabulary`. A term that is better the higher it
is can only be limited, from below: `bandwidth >= 0.9x`. One of which a useless design has the least
needs a limit on another that shows slowness. Counts that are known from the design are limited as
such, without a unit: `queue_entries <= 64`.
"""

from archgym.objectives.costs import VIOLATION, Least, Limit, Limited, Objective, Reached, number
from archgym.objectives.grammar import positive, read, respell
from archgym.objectives.terms import UNITS, Metrics, Term, as_measured, measured
from archgym.objectives.vocabulary import Formula, Vocabulary

__all__ = [
    "UNITS",
    "VIOLATION",
    "Formula",
    "Least",
    "Limit",
    "Limited",
    "Metrics",
    "Objective",
    "Reached",
    "Term",
    "Vocabulary",
    "as_measured",
    "measured",
    "number",
    "positive",
    "read",
    "respell",
]
