"""Seconds and memory of a training epoch, this package and each peer in alternation."""

from statistics import median

import click

from benchmarks.barrier import nanoseconds_at_barrier
from benchmarks.peers import PACKAGE, PEERS
from benchmarks.processes import run_worker
from benchmarks.ratios import pairwise_ratios
from benchmarks.report import digits, mib, table

_HEAD = (
    "peer",
    "peer s/epoch",
    "package s/epoch",
    "package/peer",
    "peer/package",
    "peer MiB beyond data",
    "package",
)


class EpochBenchmark:
    """One comparison on one data set.

    Parameters
    ----------
    settings : dict
        ``data``, ``hidden``, ``batch_size``, ``v_syn`` of the workers.
    threads : int
    epochs : int
        In each process; its median counts.
    pairs : int
        Pairs of processes, package and peer.
    batches : int
        Batches of an epoch that expensive peers are measured on.
    warm_up : int
        Batches before the clock starts.
    """

    def __init__(self, settings, threads, epochs, pairs, batches, warm_up):
        self.settings = settings
        self.threads = threads
        self.epochs = epochs
        self.pairs = pairs
        self.batches = batches
        self.warm_up = warm_up

    def prime(self):
        """Have the package's kernels compiled: that would count in the first peak of memory."""
        self._run(PACKAGE, PACKAGE.variants[0], epochs=1, warm_up=1, n_images=1000)

    def _run(self, peer, variant, **extra):
        settings = {**self.settings, **peer.settings, **variant.settings, **extra}
        threads = 1 if variant.one_thread else self.threads
        return run_worker(peer.worker, settings, threads, variant.environment)

    def _full(self, peer, variant):
        """One process of a comparison; and how long a barrier takes before and after it."""
        if peer.expensive:
            extra = {"epochs": 1, "batches": self.batches, "warm_up": min(3, self.warm_up)}
        else:
            extra = {"epochs": self.epochs, "warm_up": self.warm_up}
        before = nanoseconds_at_barrier(self.threads)
        result = self._run(peer, variant, **extra)
        result["nanoseconds_at_barrier"] = [before, nanoseconds_at_barrier(self.threads)]
        return result

    def fastest_variant(self, peer):
        """The variant of a peer that trains fastest here, and the seconds per epoch of all."""
        if len(peer.variants) == 1:
            return peer.variants[0], {}
        trials = {}
        for variant in peer.variants:
            result = self._run(peer, variant, epochs=2, batches=peer.trial_batches, warm_up=2)
            trials[variant.name] = min(result["seconds_per_epoch"])
            click.echo(f"  trial: {variant.name}: {digits(trials[variant.name])} s per epoch")
        return min(peer.variants, key=lambda variant: trials[variant.name]), trials

    def alone(self):
        """Measurements of the package without a peer."""
        runs = []
        for number in range(self.pairs):
            runs.append(self._full(PACKAGE, PACKAGE.variants[0]))
            click.echo(f"  run {number + 1}: {_brief(runs[-1])}")
        return runs

    def compare(self, name):
        """Measure a peer against the package; returns all measurements and their summary."""
        peer = PEERS[name]
        click.echo(peer.title)
        variant, trials = self.fastest_variant(peer)
        package, other = [], []
        for pair in range(self.pairs):
            package.append(self._full(PACKAGE, PACKAGE.variants[0]))
            other.append(self._full(peer, variant))
            click.echo(f"  pair {pair + 1}: {_brief(package[-1])} | {_brief(other[-1])}")
        return {
            "peer": name,
            "title": peer.title,
            "variant": variant.name,
            "trials": trials,
            "note": _note(other[0]),
            "package_runs": package,
            "peer_runs": other,
            **summary(package, other),
        }


def _brief(run):
    before, after = run["nanoseconds_at_barrier"]
    return (
        f"{digits(median(run['seconds_per_epoch']))} s, {mib(run['peak_beyond_data'])} MiB, "
        f"threads met in {before:.0f} and {after:.0f} ns"
    )


def _note(run):
    measured, whole = run["batches_measured"], run["batches_per_epoch"]
    if measured == whole:
        return ""
    return f"measured on {measured} of {whole} batches and scaled to an epoch"


def summary(package, other):
    """Medians over processes and ratios pair by pair.

    Parameters
    ----------
    package, other : list of dict
        What the workers returned, in pairs.
    """
    seconds = [[median(run["seconds_per_epoch"]) for run in runs] for runs in (package, other)]
    result = {
        "package_over_peer": pairwise_ratios(*seconds),
        "peer_over_package": pairwise_ratios(*reversed(seconds)),
    }
    for who, runs, values in (("package", package, seconds[0]), ("peer", other, seconds[1])):
        result[f"{who}_seconds_per_epoch"] = median(values)
        for field in ("peak_rss", "peak_beyond_data"):
            result[f"{who}_{field}"] = median(run[field] for run in runs)
    return result


def _row(result):
    below, above = result["package_over_peer"], result["peer_over_package"]
    return (
        result["title"] + ("*" if result["note"] else ""),
        digits(result["peer_seconds_per_epoch"]),
        digits(result["package_seconds_per_epoch"]),
        f"{digits(below['median'])} ({digits(below['smallest'])} to {digits(below['largest'])})",
        digits(above["median"]),
        mib(result["peer_peak_beyond_data"]),
        mib(result["package_peak_beyond_data"]),
    )


def summary_table(results):
    """Table of all comparisons, with footnotes."""
    lines = [table(_HEAD, [_row(result) for result in results])]
    lines += [f"* {result['title']}: {result['note']}" for result in results if result["note"]]
    lines += [f"{result['title']}: {result['variant']}" for result in results if result["variant"]]
    return "\n".join(lines)
