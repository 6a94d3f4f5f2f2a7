"""How fast archgym is, and other simulators beside it: `make bench`.

Prints tables and writes `experiments/speed.json`. Every speed is CPU time, the median of several
runs; what is compared is run in turn (A B A B), so that a machine's moods fall on all alike.

The gym is compared with those of these simulators that it is told of, on one DDR4-2400 channel:

- `ARCHGYM_RAMULATOR2`: a Python whose `import ramulator` finds Ramulator 2.1,
- `ARCHGYM_DRAMSYS`: the program `DRAMSys` of DRAMSys 5,
- `ARCHGYM_DRAMSIM3`: the program `dramsim3main` of DRAMsim3.
"""
