"""How good proxies are: `python -m experiments.proxy COMMAND`, results in this folder.

- `known`: a proxy for each workload whose every design was simulated (`experiments.enumeration`),
  trained on 5 % of the designs that keep their data, compared with all others;
- `sizes`: the same by the number of training designs, and how many reach 1 %;
- `unseen`: proxies for workloads that they were not trained on, each workload left out in turn,
  before and after they are adapted to a few measured designs;
- `speed`: designs per second, beside the native simulator in the same run, and DRAMSys if
  `ARCHGYM_DRAMSYS` names it;
- `agents`: a proxy trained on one agent's designs against one trained on several agents', of equal
  size: the dataset study of Krishnan et al., "ArchGym", ISCA 2023;
- `dataset`: the reference dataset.
"""
