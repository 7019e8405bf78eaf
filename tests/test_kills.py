"""Commands killed at random moments: no orphans, nothing left, and the next run is right.

`python tools/kill_at_random.py` does it 20 times for each command and signal.
"""

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tools"))

import kill_at_random  # noqa: E402


@pytest.mark.slow
@pytest.mark.parametrize("name", kill_at_random.CASES)
def test_what_is_killed_leaves_nothing_and_goes_on(name):
    program = {"spice": "ngspice", "simulate": "g++", "cache": "g++"}.get(name)
    if program and shutil.which(program) is None:
        pytest.skip(f"the program {program} is not installed")
    assert kill_at_random.kill_all([name], kill_at_random.SIGNALS, times=1) == []
