"""The examples in the docstrings of energy, devices, SPICE and the chip experiment."""

import doctest
from importlib import import_module

import pytest

MODULES = (
    "core.charge",
    "core.devices",
    "data.iris",
    "devices.chip",
    "devices.effects",
    "energy.budget",
    "energy.runs",
    "experiments.iris",
    "experiments.small_network",
    "spice.diodes",
    "spice.netlist",
    "training.spread",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(import_module(f"rcspike_brian.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
