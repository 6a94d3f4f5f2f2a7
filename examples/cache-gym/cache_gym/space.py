"""What can be chosen of two levels of caches."""

from archgym.condition import Condition, NotBelow
from archgym.parameter import Parameter
from archgym.space import DesignSpace

SPACE = DesignSpace(
    "cache-v1",
    [
        Parameter("l1_kib", (8, 16, 32, 64), 32, ordered=True, description="size of the first"),
        Parameter("l1_ways", (1, 2, 4), 2, ordered=True, description="lines a set of the first"),
        Parameter("l2_kib", (64, 128, 256, 512), 256, ordered=True, description="of the second"),
        Parameter("l2_ways", (4, 16), 4, ordered=True, description="lines a set of the second"),
        Parameter("line_bytes", (32, 64, 128), 64, ordered=True, description="of both levels"),
        Parameter("inclusion", ("non-inclusive", "inclusive", "exclusive"), "non-inclusive"),
        Parameter("prefetcher", ("none", "next-line", "stride"), "none"),
        Parameter("degree", (1, 2, 4), 1, ordered=True, description="lines prefetched at a time"),
    ],
    active={"degree": Condition("prefetcher", not_in=("none",))},
    infeasible={NotBelow("l1_kib", "l2_kib"): "the second level is no larger than the first"},
)
