"""Threads that wait for each other: nobody waits for one that will not come."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rcspike_brian.core.barrier import GIVEN_UP, barrier_wait

# Training whose first, or another, thread does not get to the barrier; in a process of its own,
# which can be ended if the others wait for ever.
BROKEN = """
import concurrent.futures, sys
from rcspike_brian import InvalidInput, TrainingConfig, load_dataset
from rcspike_brian.training import Trainer, trainer

reason, train_batches = sys.argv[1], trainer.train_batches
started = []

def broken(rank, *rest):
    if reason == "interrupt" and rank == 0:
        raise KeyboardInterrupt
    if reason == "failure" and rank == 2:
        raise ArithmeticError
    train_batches(rank, *rest)

def no_more_threads(pool, *task):
    started.append(task)
    if len(started) == 2:
        raise RuntimeError("can't start new thread")
    return submit(pool, *task)

trainer.train_batches = broken
submit = concurrent.futures.ThreadPoolExecutor.submit
if reason == "no thread":
    concurrent.futures.ThreadPoolExecutor.submit = no_more_threads
config = TrainingConfig(hidden=(5,), shards=3, epochs=1)
try:
    Trainer(load_dataset("iris"), config, threads=3).run_epoch()
except (KeyboardInterrupt, ArithmeticError, InvalidInput) as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("interrupt", "KeyboardInterrupt"),
        ("failure", "ArithmeticError"),
        ("no thread", "InvalidInput this machine does not start 3 threads"),
    ],
)
def test_training_ends_when_one_of_its_threads_does_not_come(reason, said):
    command = [sys.executable, "-c", BROKEN, reason]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert result.stdout.startswith(said)


def test_whoever_waits_at_the_barrier_is_released_when_another_gives_up():
    arrived = np.zeros(1, np.int64)
    assert barrier_wait(arrived, 1, 1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(barrier_wait, arrived, 2, 2)
        assert not waiting.done()
        arrived.fill(GIVEN_UP)
        assert not waiting.result(timeout=30)
    assert not barrier_wait(arrived, 3, 2)
