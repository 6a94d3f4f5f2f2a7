"""What every standard's table must say, and figures computed by hand from data sheets."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from archgym.dram.device import Device
from archgym.dram.standards import COMMANDS, STANDARDS, Rules, Standard, TimingConstraint
from archgym.dram.standards.constraint import from_last_cycles, override, pairs

READ_WRITE = [("RD", "RD"), ("RD", "WR"), ("WR", "RD"), ("WR", "WR")]


@dataclass(frozen=True)
class Table:
    """A bundled device and its standard's rules."""

    device: Device
    standard: Standard
    rules: Rules

    @classmethod
    def of(cls, name: str, dramsys: bool = False) -> "Table":
        device = Device.load(name)
        standard = STANDARDS[device.standard]
        apply = (dramsys and standard.dramsys_rules) or standard.rules
        return cls(device, standard, apply(device.timing, device.organization))

    def distance(
        self, previous: str, following: str, where: str = "bank", when: str = "always"
    ) -> int:
        """Least cycles between two commands in the same bank, group or rank; 0 without bound."""
        nested = ("bank", "bank_group", "rank")
        scopes = nested[nested.index(where) :] if where in nested else (where,)
        return max(
            (
                constraint.cycles
                for constraint in self.rules.constraints
                if constraint.scope in scopes
                and previous in constraint.previous
                and following in constraint.following
                and constraint.when in ("always", when)
            ),
            default=0,
        )

    def cycles(self, command: str) -> int:
        return self.standard.command_cycles.get(command, 1)


@pytest.fixture(params=Device.names())
def table(request):
    return Table.of(request.param)


def test_each_standard_is_known_by_its_name_and_has_a_device():
    assert all(standard.name == name for name, standard in STANDARDS.items())
    assert {Device.load(name).standard for name in Device.names()} == set(STANDARDS)


def test_tables_speak_of_known_commands(table):
    named = set(table.standard.command_cycles)
    for constraint in table.rules.constraints:
        named |= {*constraint.previous, *constraint.following}
    for window in table.rules.activate_windows:
        named |= set(window.commands)
    for refresh in table.rules.refreshes.values():
        named |= {refresh.command, refresh.precharge}
    assert named <= set(COMMANDS)


def test_cycles_are_positive(table):
    rules = table.rules
    assert all(constraint.cycles > 0 for constraint in rules.constraints)
    assert all(window.cycles > 0 and window.count > 0 for window in rules.activate_windows)
    assert all(min(r.interval, r.duration, r.per_interval) > 0 for r in rules.refreshes.values())
    assert min(vars(rules.latencies).values()) > 0
    assert rules.row_active_min > 0


def test_rules_take_no_timing_parameter_but_the_required_ones(table):
    required = {name: table.device.timing[name] for name in table.standard.timing.split()}
    assert table.standard.rules(required, table.device.organization) == table.rules


@pytest.mark.parametrize(
    ("previous", "following"),
    [
        *(("ACT", command) for command in ("RD", "RDA", "WR", "WRA", "PREPB", "PREAB", "ACT")),
        *((command, "ACT") for command in ("PREPB", "PREAB", "RDA", "WRA", "REFAB")),
        *((command, pre) for command in ("RD", "WR") for pre in ("PREPB", "PREAB")),
        *((command, "REFAB") for command in ("ACT", "RDA", "WRA", "PREPB", "PREAB", "REFAB")),
        *((command, "SREFEN") for command in ("ACT", "RDA", "WRA", "PREPB", "PREAB", "REFAB")),
        *(("SREFEX", command) for command in ("ACT", "REFAB", "SREFEN")),
        *(("PDXP", command) for command in ("ACT", "REFAB", "SREFEN", "PDEP")),
        *(("PDXA", command) for command in ("ACT", "RD", "RDA", "WR", "WRA", "PREPB", "PREAB")),
        *[("PDEA", "PDXA"), ("PDEP", "PDXP"), ("SREFEN", "SREFEX"), ("PDXA", "PDEA")],
        *((command, entry) for command in ("RD", "WR", "WRA") for entry in ("PDEA", "PDEP")),
    ],
)
def test_pairs_that_every_standard_bounds(table, previous, following):
    assert table.distance(previous, following) > 0


def test_a_row_cycle_is_no_shorter_than_its_parts(table):
    parts = table.distance("ACT", "PREPB") + table.distance("PREPB", "ACT")
    assert table.distance("ACT", "ACT") >= parts


@pytest.mark.parametrize("access", ["RD", "WR"])
def test_auto_precharge_takes_as_long_as_precharge(table, access):
    parts = table.distance(access, "PREPB") + table.distance("PREPB", "ACT")
    assert table.distance(f"{access}A", "ACT") == parts


def test_the_same_bank_group_is_no_faster_than_another(table):
    distances = {"rank": Counter(), "bank_group": Counter()}
    for c in pairs(table.rules.constraints):
        if c.scope in distances and c.when == "always":
            pair = c.previous[0], c.following[0]
            distances[c.scope][pair] = max(distances[c.scope][pair], c.cycles)
    for (previous, following), cycles in distances["bank_group"].items():
        # From a read to a write, the bus takes its time, whatever the groups.
        if (previous[:2], following[:2]) != ("RD", "WR"):
            assert cycles >= distances["rank"][previous, following]


@pytest.mark.parametrize(("first", "second"), READ_WRITE)
def test_data_of_two_accesses_never_overlap(table, first, second):
    latencies = table.rules.latencies
    end = {"RD": latencies.read, "WR": latencies.write}
    for where in ("rank", "other_rank"):
        # Pseudo channels have data buses of their own, GDDR6 has one rank.
        if where == "rank" or table.device.standard not in ("GDDR6", "HBM2", "HBM3"):
            distance = table.distance(first, second, where)
            assert distance + end[second] - latencies.burst >= end[first]


def test_bursts_last_as_long_as_their_beats(table):
    device = table.device
    assert table.rules.latencies.burst * device.data_rate == device.organization.burst_length


def test_refreshes_cover_all_banks_often_enough(table):
    organization = table.device.organization
    commands = {
        "AllBank": 1,
        "PerBank": organization.banks,
        "Per2Bank": organization.banks // 2,
        "SameBank": organization.banks_per_group,
    }
    all_banks = table.rules.refreshes["AllBank"]
    for policy, refresh in table.rules.refreshes.items():
        assert refresh.per_interval == commands[policy]
        assert refresh.interval * refresh.per_interval <= all_banks.interval


def test_finer_refreshes_are_shorter_and_leave_other_banks_alone(table):
    refreshes = dict(table.rules.refreshes)
    all_banks = refreshes.pop("AllBank")
    for refresh in refreshes.values():
        assert refresh.duration < all_banks.duration
        assert 0 < table.distance(refresh.command, "ACT", "rank") < refresh.duration // 2


def test_refreshed_banks_open_once_they_are_done(table):
    for refresh in table.rules.refreshes.values():
        ends_later = table.cycles("ACT") - table.cycles(refresh.command)
        assert table.distance(refresh.command, "ACT") + ends_later == refresh.duration
        assert table.distance(refresh.precharge, refresh.command) > 0
        assert table.distance("ACT", refresh.command) > 0


def test_currents_of_every_state_are_named(table):
    finer = {"PerBank": "I5PB", "Per2Bank": "I5PB", "SameBank": "I5SB"}
    needed = {"V", "I0", "I2N", "I2P", "I3P", "I4R", "I4W", "I5", "I6"}
    needed |= {finer[policy] for policy in table.rules.refreshes if policy in finer}
    for domain in table.standard.power_domains:
        assert needed <= domain.keys()
        assert "I3N" in domain or "I3N1" in domain
        optional = {"Ibeta", "I5F2", "I5F4"}
        required = {name for symbol, name in domain.items() if symbol not in optional}
        assert required <= set(table.standard.currents.split())


def test_what_dramsys_omits_is_in_the_table(table):
    present = {(c.previous[0], c.following[0]) for c in pairs(table.rules.constraints)}
    assert set(table.standard.dramsys_omits) <= present


@pytest.mark.parametrize(
    ("device", "where", "previous", "following", "cycles"),
    [
        ("ddr3-1600", "bank", "WRA", "ACT", 8 + 4 + 12 + 10),
        ("ddr3-1600", "rank", "RD", "WR", 10 + 4 + 2 - 8),
        ("ddr3-1600", "rank", "WR", "RD", 8 + 4 + 6),
        ("ddr3-1600", "rank", "RD", "PDEA", 10 + 4 + 1),
        ("ddr3-1600", "rank", "SREFEX", "RD", 512),
        ("ddr3-1066", "bank", "ACT", "ACT", 27),
        ("ddr4-2400", "bank_group", "WR", "RD", 16 + 4 + 9),
        ("ddr4-2400", "rank", "WR", "RD", 16 + 4 + 3),
        ("ddr4-2400", "rank", "WRA", "PDEP", 16 + 4 + 18 + 1),
        ("ddr4-2400-2rank-xor", "other_rank", "RD", "RD", 4 + 1),
        ("ddr4-3200", "bank", "RDA", "ACT", 12 + 22),
        ("ddr4-3200", "bank_group", "RD", "RD", 8),
        ("ddr5-4800", "bank", "ACT", "RD", 39),
        ("ddr5-4800", "bank", "ACT", "PREPB", 77 + 1),
        ("ddr5-4800", "bank", "PREPB", "ACT", 39 - 1),
        ("ddr5-4800", "bank_group", "WR", "WR", 24),
        ("ddr5-4800", "rank", "RD", "WR", 40 + 8 + 2 - 38 + 2),
        ("ddr5-4800", "bank_group", "WR", "RD", 38 + 8 + 24),
        ("ddr5-4800", "bank", "REFSB", "ACT", 312 - 1),
        ("ddr5-4800", "rank", "REFSB", "ACT", 72 - 1),
        ("ddr5-6400", "rank", "REFAB", "REFAB", 943),
        ("lpddr4-3200", "bank", "RD", "PREPB", 8 + 12 - 8 + 2),
        ("lpddr4-3200", "bank", "ACT", "PREPB", 68 + 2),
        ("lpddr4-3200", "bank", "WRA", "ACT", 14 + 1 + 8 + 29 + 29),
        ("lpddr4-3200", "rank", "RD", "WR", 28 + 6 + 8 - 14 + 2),
        ("lpddr4-3200", "rank", "REFPB", "ACT", 16 - 2),
        ("lpddr4-3200", "rank", "RD", "PDEA", 3 + 28 + 6 + 8),
        ("lpddr4-3200-2rank", "other_rank", "RD", "WR", 28 + 6 + 8 - 14 + 2 + 1),
        ("lpddr4-4266", "bank", "RDA", "ACT", 8 + 16 - 8 + 39),
        ("lpddr5-6400", "bank", "ACT", "WR", 15 + 1),
        ("lpddr5-6400", "bank_group", "RD", "RD", 4),
        ("lpddr5-6400", "rank", "RD", "RD", 2),
        ("lpddr5-6400", "bank_group", "WR", "RD", 9 + 4 + 10),
        ("lpddr5-6400", "bank", "WR", "PREPB", 9 + 2 + 1 + 28),
        ("lpddr5-5500", "rank", "REFP2B", "REFP2B", 62),
        ("gddr6-14000", "bank", "ACT", "RD", 27),
        ("gddr6-14000", "bank", "ACT", "WR", 16),
        ("gddr6-16000", "rank", "RD", "WR", 28 + 2 + 2 - 7),
        ("gddr6-16000", "bank", "WRA", "ACT", 7 + 2 + 30 + 30),
        ("hbm2", "bank", "ACT", "RD", 12 + 1),
        ("hbm2", "bank", "RDA", "ACT", 5 + 14 - 1),
        ("hbm2", "rank", "REFPB", "ACT", 8 - 1),
        ("hbm3-6400", "bank", "ACT", "RD", 31 + 1),
        ("hbm3-6400", "bank_group", "WR", "RD", 10 + 2 + 10),
        ("hbm3-5200", "other_stack", "RD", "RD", 3),
    ],
)
def test_distances_by_hand(device, where, previous, following, cycles):
    assert Table.of(device).distance(previous, following, where) == cycles


def test_data_of_lpddr4_come_after_the_last_cycle_of_a_command():
    latencies = Table.of("lpddr4-3200").rules.latencies
    assert (latencies.read, latencies.write) == (3 + 28 + 6 + 8, 3 + 14 + 1 + 2 + 8)


@pytest.mark.parametrize(
    ("device", "spacing", "recovery"), [("hbm2", 8, 96), ("hbm3-6400", 13, 320)]
)
def test_a_round_of_single_bank_refreshes_ends_before_the_next(device, spacing, recovery):
    table = Table.of(device)
    assert table.distance("REFPB", "REFPB", "rank", when="round_goes_on") == spacing
    assert table.distance("REFPB", "REFPB", "rank", when="round_ends") == recovery


def test_dramsys_departs_from_lpddr4_in_a_bank_and_between_ranks():
    jedec, dramsys = Table.of("lpddr4-3200"), Table.of("lpddr4-3200", dramsys=True)
    differing = {
        (where, previous, following): dramsys.distance(previous, following, where)
        for where in ("bank", "rank", "other_rank")
        for previous in COMMANDS
        for following in COMMANDS
        if dramsys.distance(previous, following, where)
        != jedec.distance(previous, following, where)
    }
    assert differing.pop(("bank", "RD", "PREPB")) == 16 + 2
    assert set(differing.values()) == {28 + 8 + 1 - 14, 8 + 1}
    assert {where for where, _, _ in differing} == {"other_rank"}


def test_dramsys_refreshes_single_banks_of_hbm2_at_the_rate_of_the_device():
    interval = {
        dramsys: Table.of("hbm2", dramsys).rules.refreshes["PerBank"].interval
        for dramsys in (False, True)
    }
    assert interval == {False: 3900 // 32, True: 244}


def constraint(previous: list[str], following: list[str], cycles: int) -> TimingConstraint:
    return TimingConstraint("bank", previous, following, cycles)


def test_cycles_count_from_the_last_of_a_command():
    lengths: Mapping[str, int] = {"ACT": 4, "PREPB": 2}
    converted = from_last_cycles([constraint(["ACT"], ["ACT", "PREPB", "PDEA"], 10)], lengths)
    assert [c.cycles for c in converted] == [10, 12, 13]


def test_override_replaces_pairs_and_keeps_the_rest():
    table = [constraint(["RD", "WR"], ["PREPB"], 5), constraint(["ACT"], ["PREPB"], 9)]
    found = list(pairs(override(table, [constraint(["RD"], ["PREPB"], 7)])))
    assert {(c.previous[0], c.cycles) for c in found} == {("RD", 7), ("WR", 5), ("ACT", 9)}
    assert len(found) == 3


@pytest.mark.parametrize("name", STANDARDS)
def test_a_rank_with_a_row_open_powers_down_no_sooner_than_one_with_none(name):
    device = next(d for d in map(Device.load, Device.names()) if d.standard == name)
    rules = STANDARDS[name].rules(device.timing, device.organization)
    delays = {"PDEA": {}, "PDEP": {}}
    for pair in pairs(rules.constraints):
        (previous,), (following,) = pair.previous, pair.following
        if pair.scope == "rank" and following in delays and previous.startswith(("ACT", "REF")):
            delays[following][previous] = pair.cycles
    assert delays["PDEA"] == delays["PDEP"]
