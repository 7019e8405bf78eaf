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


HELPED = """
import os, sys, threading
import numpy as np
import rcspike_brian as rb
from rcspike_brian.core import helpers

helpers.default_threads = lambda: 3  # processors

def potential(threads):
    rng = np.random.default_rng(0)
    times, weights = rng.random((40, 50)), rng.normal(size=(50, 100))
    return rb.membrane_potential(times, weights, 1, threads=threads)

alone = potential(1)
assert not any(thread.name == "rcspike-helper" for thread in threading.enumerate())
assert (potential(10**7) == alone).all()  # no more than there are processors
assert sum(thread.name == "rcspike-helper" for thread in threading.enumerate()) == 2

# Callers in several threads share the helpers.
same = []
check = lambda: same.append((potential(3) == alone).all())
callers = [threading.Thread(target=check) for _ in range(4)]
[caller.start() for caller in callers], [caller.join() for caller in callers]
assert same == [True] * 4

child = os.fork()  # which has no threads
if child == 0:
    os._exit(0 if (potential(3) == alone).all() else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

def none(*args):
    raise RuntimeError("can't start new thread")

threading.Thread.start = none
helpers.default_threads = lambda: 8
assert (potential(8) == alone).all()
potential(3)  # its helpers are awake when the program ends
"""


def test_helpers_stay_and_are_not_missed():
    subprocess.run([sys.executable, "-c", HELPED], check=True, timeout=120)
