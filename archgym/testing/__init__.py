"""Conformance suites that any simulator or agent must pass, ours or a third party's."""

from archgym.testing.agents import check_agent
from archgym.testing.formula import FormulaSimulator, FormulaWorkload
from archgym.testing.simulators import check_simulator

__all__ = ["FormulaSimulator", "FormulaWorkload", "check_agent", "check_simulator"]
