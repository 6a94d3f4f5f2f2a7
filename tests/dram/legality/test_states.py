"""Commands must fit the state of the bank or rank that they address."""

import pytest

from archgym.dram.device import Device

DDR4, DDR5, LPDDR4, LPDDR5 = (
    Device.load(name) for name in ("ddr4-2400", "ddr5-4800", "lpddr4-3200", "lpddr5-6400")
)

STATES = {
    "ACT to an open bank": (DDR4, [(0, "ACT", 0, 1), (100, "ACT", 0, 1)]),
    "REF with an open bank": (DDR4, [(0, "ACT", 3), (100, "REFAB")]),
    "REF to an open bank": (LPDDR4, [(0, "ACT", 3), (200, "REFPB", 3)]),
    "column command to a closed bank": (DDR4, [(0, "ACT", 0), (100, "RD", 1)]),
    "column command to another row": (DDR4, [(0, "ACT", 0, 7), (100, "WR", 0, 8)]),
    "PDEA without an open bank": (DDR4, [(100, "PDEA")]),
    "PDEP with an open bank": (DDR4, [(0, "ACT", 3), (100, "PDEP")]),
    "SREFEN with an open bank": (DDR4, [(0, "ACT", 3), (100, "SREFEN")]),
    "PDXA without PDEA": (DDR4, [(100, "PDXA")]),
    "PDXP without PDEP": (DDR4, [(100, "PDXP")]),
    "SREFEX without SREFEN": (DDR4, [(100, "SREFEX")]),
    "command in self-refresh": (DDR4, [(0, "SREFEN"), (2000, "REFAB")]),
    "command in power-down": (DDR4, [(0, "ACT", 0), (99, "PDEA"), (2000, "PREPB", 0)]),
    "unknown to DDR4": (DDR4, [(0, "REFPB", 0)]),
}


@pytest.mark.parametrize("rule", STATES)
def test_commands_must_fit_the_state(rules, rule):
    device, commands = STATES[rule]
    assert rules(device, *commands) == {rule}


def test_power_down_ends_with_its_own_exit(rules):
    opened = [(0, "ACT", 0), (100, "PDEA")]
    assert rules(DDR4, *opened, (200, "PDXA"), (300, "RD", 0)) == set()
    assert rules(DDR4, *opened, (200, "PDXP")) == {"command in power-down"}
    assert rules(DDR4, (0, "PDEP"), (200, "SREFEN")) == {"command in power-down"}
    assert rules(DDR4, (0, "SREFEN"), (2000, "PDXP")) == {"command in self-refresh"}


def test_the_other_rank_stays_awake(rules, make_device):
    device = make_device("ddr4-2400", ranks=2)
    down = [(0, "PDEP", 0, 0, 0), (100, "ACT", 0, 0, 1), (200, "RD", 0, 0, 1)]
    assert rules(device, *down) == set()
    assert rules(device, *down, (300, "ACT", 0, 0, 0)) == {"command in power-down"}


def test_every_bank_closes_with_its_own_precharge(rules):
    opened = [(0, "ACT", 0), (100, "ACT", 5)]
    down = [(300, "PDEA"), (400, "PDXA")]
    assert rules(DDR4, *opened, (200, "PREPB", 0), *down) == set()
    closed = [*opened, (200, "PREPB", 0), (250, "PREPB", 5)]
    assert rules(DDR4, *closed, *down) == {"PDEA without an open bank"}
    assert rules(DDR4, *closed, (300, "PDEP"), (400, "PDXP"), (500, "REFAB")) == set()
    assert rules(DDR4, *opened, (200, "PREAB"), (300, "REFAB"), (900, "ACT", 5)) == set()


def test_auto_precharge_closes_the_row(rules):
    opened = [(0, "ACT", 0), (20, "RDA", 0)]
    assert rules(DDR4, *opened, (200, "RD", 0)) == {"column command to a closed bank"}
    assert rules(DDR4, *opened, (200, "ACT", 0), (300, "RD", 0)) == set()


def test_same_bank_commands_address_one_bank_of_each_group(rules):
    opened = [(0, "ACT", 0), (100, "ACT", 5), (200, "ACT", 13)]
    precharged = [*opened, (400, "PRESB", 1)]
    # Banks 5 and 13 are bank 1 of their groups, bank 0 is not.
    assert rules(DDR5, *precharged, (600, "RD", 0)) == set()
    assert rules(DDR5, *precharged, (600, "RD", 13)) == {"column command to a closed bank"}
    assert rules(DDR5, *precharged, (600, "REFSB", 1)) == set()
    assert rules(DDR5, *precharged, (600, "REFSB", 28)) == {"REF to an open bank"}


@pytest.mark.parametrize("bank", [3, 11])
def test_a_pair_is_refreshed_by_either_of_its_banks(rules, bank):
    for opened in (3, 11):
        commands = [(0, "ACT", opened), (100, "REFP2B", bank)]
        assert rules(LPDDR5, *commands) == {"REF to an open bank"}
    assert rules(LPDDR5, (0, "ACT", 7), (100, "REFP2B", bank)) == set()
