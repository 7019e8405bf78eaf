"""Kill commands at random moments, and see what they leave.

    python tools/kill_at_random.py                          # 20 times each: an hour or two
    python tools/kill_at_random.py --times 2 train spice

Training, a sweep, a simulation, ngspice, and a simulation that compiles its program get SIGTERM,
SIGHUP, SIGKILL and SIGINT. After each: nothing that a command has started lives 2 s longer than it,
and no file over 1 MB and no half-written result stays. Each run continues with what the one before
has left; the last one comes to its end, with the results of an undisturbed run.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from fingerprint import digest_of_table, digest_of_weights

SIGNALS = ("TERM", "HUP", "KILL", "INT")
GRACE = 2.0  # seconds
PATIENCE = 120.0  # seconds for a command to end that was told to
LARGE = 1_000_000  # bytes
MARK = "KILLED_AT_RANDOM"  # a variable of the environment, which all that a command starts inherits
# Programs that compile quickly; Brian2 reads this file where it starts.
PREFERENCES = 'codegen.cpp.extra_compile_args_gcc = ["-w", "-O0", "-std=c++11"]\n'


class Case(NamedTuple):
    """A command that writes into the folder "out", and what it writes."""

    words: str
    results: tuple
    resume: str = ""  # the command once there is a checkpoint
    own_cache: bool = False  # it begins with no compiled programs


TRAIN = "train --subset bundled --hidden 200 --seed 0 --quiet"
SIMULATE = "simulate ../run --dt T/200 --target cpp_standalone --quiet --out out --images"
CASES = {
    "train": Case(
        f"{TRAIN} --epochs 6 --out out",
        ("network.npz", "metrics.csv"),
        resume="train --resume --quiet --out out",
    ),
    "sweep": Case(
        "sweep --subset bundled --v-syn 1 --seeds 0,1 --no-references --set hidden=[50] "
        "--epochs 8 --quiet --out out",
        ("results.csv", "cells/*/network.npz"),
    ),
    "simulate": Case(f"{SIMULATE} 60", ("spikes.csv", "labels.csv", "agreement.csv", "traces.csv")),
    "spice": Case(
        f"spice run ../weights.csv --times {','.join(f'{k / 20:g}' for k in range(20))} "
        "--tolerance 1e-5 --out out",
        ("spikes.csv",),
    ),
    "cache": Case(f"{SIMULATE} 2", ("spikes.csv", "labels.csv"), own_cache=True),
}


class Runs:
    """Runs of one case in a folder of its own, one after another."""

    def __init__(self, name, root):
        self.case, self.root, self.folder = CASES[name], root, root / name
        self.begin()
        self.finish()  # what is compiled in the first run is there in the next
        self.begin()
        begun = time.monotonic()
        self.finish()
        self.seconds, self.reference = time.monotonic() - begun, self.results()

    def begin(self):
        """Empty the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "temporary").mkdir(parents=True)
        (self.folder / "brian_preferences").write_text(PREFERENCES)

    def start(self, mark=""):
        """Start the command, or what continues it."""
        there = self.case.resume and (self.folder / "out" / "checkpoint.npz").exists()
        cache = self.folder if self.case.own_cache else self.root
        return start(self.case.resume if there else self.case.words, self.folder, cache, mark)

    def finish(self):
        """Let the command come to its end."""
        if self.start().wait():
            raise SystemExit(f"{self.case.words}:\n{(self.folder / 'said').read_text()[-2000:]}")

    def results(self):
        """Digests of what the command has made, by file."""
        out, digest = self.folder / "out", {".npz": digest_of_weights, ".csv": digest_of_table}
        files = [path for name in self.case.results for path in sorted(out.glob(name))]
        return {str(path.relative_to(out)): digest[path.suffix](path) for path in files}

    def kill(self, number, moment):
        """Kill the command after so many seconds; None if it was over by then, or complaints."""
        mark = str(time.monotonic_ns())
        process = self.start(mark)
        try:
            code = process.wait(moment)
            return None if code == 0 else [f"it ended by itself with {code}"]
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return [f"it did not end within {PATIENCE:g} s"]
        end = time.monotonic() + GRACE
        while (living := alive(mark)) and time.monotonic() < end:
            time.sleep(0.05)
        return [f"outlived by: {command}" for command in living] + self.leftovers()

    def leftovers(self):
        """Names of half-written results, and of large temporary files."""
        found = [p for p in (self.folder / "out").rglob(".*") if p.name != ".lock"]
        found += self.folder.glob("cache/programs/.new-*")
        files = (p for p in (self.folder / "temporary").rglob("*") if p.is_file())
        found += [p for p in files if p.lstat().st_size > LARGE]
        return [f"left: {path.relative_to(self.folder)}" for path in found]

    def kill_often(self, number, times, rng):
        """Kill the command so many times, then let it end; returns complaints."""
        self.begin()
        complaints, killed = [], 0
        while killed < times:
            found = self.kill(number, rng.uniform(0.1, self.seconds))
            if found is None:
                complaints += self.differences()
                self.begin()
            else:
                complaints += found
                killed += 1
        self.finish()
        return complaints + self.differences() + self.leftovers()

    def differences(self):
        """What differs from an undisturbed run."""
        found = self.results()
        return [f"other results: {n}" for n in self.reference if found.get(n) != self.reference[n]]


def start(words, folder, cache, mark=""):
    """Start a command in a folder, with its own place for temporary files."""
    own = {MARK: mark, "RCSPIKE_CACHE": cache / "cache", "TMPDIR": folder / "temporary"}
    with (folder / "said").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "rcspike_brian", *words.split()],
            cwd=folder, env={**os.environ, **{name: str(value) for name, value in own.items()}},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip


def alive(mark):
    """Command lines of the processes that carry a mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:  # a process that has ended has no environment
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def kill_all(names, signals, times, seed=0, say=print):
    """Kill cases with signals, so many times each; returns complaints."""
    rng, complaints = random.Random(seed), []
    with TemporaryDirectory() as folder:
        root = Path(folder)
        weights = np.random.default_rng(0).normal(0.0, 0.3, (20, 20))
        np.savetxt(root / "weights.csv", weights, delimiter=",")
        (root / "temporary").mkdir()
        if start(f"{TRAIN} --epochs 1 --out run", root, root).wait():
            raise SystemExit((root / "said").read_text())
        for name in names:
            runs = Runs(name, root)
            for which in signals:
                number, begun = signal.Signals[f"SIG{which}"], time.monotonic()
                found = runs.kill_often(number, times, rng)
                say(f"{name:8s} {which:4s} killed {times} times within {runs.seconds:.1f} s each, "
                    f"in {time.monotonic() - begun:.0f} s: {len(found)} complaints")  # fmt: skip
                for complaint in found:
                    say(f"    {complaint}")
                complaints += [f"{name}, {which}: {complaint}" for complaint in found]
    return complaints


def main():
    """Kill what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CASES)}")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--signals", nargs="+", choices=SIGNALS, default=SIGNALS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    names = arguments.names or list(CASES)
    sys.exit(1 if kill_all(names, arguments.signals, arguments.times, arguments.seed) else 0)


if __name__ == "__main__":
    main()
