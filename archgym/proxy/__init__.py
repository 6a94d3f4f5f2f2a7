"""Proxies: models, learned from logged data, that stand in for a simulator in far less time.

```python
from archgym import proxy
from archgym.table import Table

samples = proxy.from_table(Table("tables/stream")).draw(7800, rng)
stream = proxy.train(samples)                # a neural network; or "ridge", "forest", "lightgbm"
proxy.save(stream, "stream.proxy")
stream.on(samples.facts[0].id).predict_indices(indices)
```

A saved proxy is a simulator, `proxy:stream.proxy`, which hands to a real one what it does not know.
Needs the extra `proxy`.
"""

from archgym.proxy.proxy import Adapted, Bound, Prediction, Predictor, Probes, Proxy
from archgym.proxy.samples import Samples, from_frame, from_table, join
from archgym.proxy.scores import SCORES, scores
from archgym.proxy.store import describe, load, save
from archgym.proxy.training import Plan, train
from archgym.proxy.workloads import Facts

__all__ = [
    "SCORES",
    "Adapted",
    "Bound",
    "Facts",
    "Plan",
    "Prediction",
    "Predictor",
    "Probes",
    "Proxy",
    "Samples",
    "describe",
    "from_frame",
    "from_table",
    "join",
    "load",
    "save",
    "scores",
    "train",
]
