"""A workload as the native core sees it: a memory, and the trace under each address mapping."""

from functools import cached_property

from archgym.dram.address_mapping import AddressMapping
from archgym.dram.mapping_family import OWN, mappings
from archgym.dram.standards import COMMANDS
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.simulators.native import _core
from archgym.simulators.native.conduct import Conduct
from archgym.simulators.native.lowering import make_memory, make_requests

# Decoding a trace takes about as long as simulating it once. As many are kept as have so many
# bursts together, which take about 100 MB.
_KEPT_BURSTS = 1 << 22


class Decoded:
    """What the native simulator keeps of a workload.

    Args:
        system: The workload's system. The workload itself is given whenever it is needed, so that
            this does not keep it alive.
        conduct: What simulations keep to.

    Attributes:
        memory: The core's view of the system.
        refresh_policies: The values of RefreshPolicy that the device offers.
        metrics: The core's metrics, save for the counts of commands that the device does not have;
            their columns in its tables, by name.
    """

    def __init__(self, system: System, conduct: Conduct) -> None:
        rules = conduct.rules
        known = {name for edge in rules.constraints for name in (*edge.previous, *edge.following)}
        unknown = {f"commands_{name.lower()}" for name in COMMANDS if name not in known}
        self.memory = make_memory(system, conduct)
        self.refresh_policies = ("NoRefresh", *rules.refreshes)
        self.metrics = {
            name: column for column, name in enumerate(_core.METRICS) if name not in unknown
        }
        self._system = system
        self._conduct = conduct
        self._requests: dict[str, _core.Requests] = {}

    def canonical(self, mapping: str) -> str:
        """Returns the first name of the family that means the same on this system."""
        return OWN if mapping == OWN else self._canonical[mapping]

    def requests(self, workload: Workload, mapping: str) -> _core.Requests:
        """Returns the trace, decoded by the address mapping of this canonical name."""
        requests = self._requests.pop(mapping, None)
        if requests is None:
            requests = self._decode(workload, mapping)
            kept = max(_KEPT_BURSTS // workload.bursts().address.size, 1)
            for longest_unused in list(self._requests)[: len(self._requests) + 1 - kept]:
                del self._requests[longest_unused]
        self._requests[mapping] = requests
        return requests

    def _decode(self, workload: Workload, mapping: str) -> _core.Requests:
        locations = workload.locations()
        if mapping != OWN:
            system = System(self._system.device, self._family[mapping])
            locations = system.locate(workload.bursts().address)
        return make_requests(self.memory, workload, locations, self._conduct)

    @cached_property
    def _family(self) -> dict[str, AddressMapping]:
        return mappings(self._system)

    @cached_property
    def _canonical(self) -> dict[str, str]:
        first: dict[AddressMapping, str] = {}
        return {name: first.setdefault(mapping, name) for name, mapping in self._family.items()}
