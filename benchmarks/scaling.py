"""Time and memory against the size of the problem, each point in a process of its own."""

import tempfile
from statistics import median

import click

from benchmarks import memory
from benchmarks.data import store_random
from benchmarks.peers import PACKAGE, PEERS
from benchmarks.processes import WorkerError, run_worker
from benchmarks.ratios import exponent
from benchmarks.report import digits, mib, table

# The methods of the layer sweep. The steps form needs the least memory of the closed forms.
LAYER_METHODS = {
    "this package": {"model": "rcspike"},
    "autograd": {"model": "closed-form", "form": "steps"},
    "DSTD, 15 steps": {"model": "dstd", "steps": 15},
}
# Tensors of (n_in, batch, n_out) that autograd is assumed to keep until a size has been measured.
_TENSORS = 12
_SAFETY = 1.1

TRAINING_SWEEPS = {
    "width": (50, 100, 200, 400, 800),
    "depth": (1, 2, 3, 4, 6),
    "batch_size": (16, 32, 64, 128, 256, 512, 1024),
}


def layer_sweep(sizes, n_out, batch, v_syn, threads, methods=tuple(LAYER_METHODS), budget=30.0):
    """One layer with n_in inputs, all of which spike: v(1) and both gradients.

    Parameters
    ----------
    sizes : sequence of int
        The values of n_in, ascending.
    n_out, batch : int
    v_syn : float
    threads : int
    methods : sequence of str
        Of `LAYER_METHODS`.
    budget : float
        Seconds after which a point is not repeated again.

    Returns
    -------
    list of dict
        Columns sweep, method, value, seconds, bytes, repeats, note.
    """
    rows = []
    fixed = {"n_out": n_out, "batch": batch, "v_syn": v_syn, "budget": budget}
    # Compile what is not in the cache: it would count in the first peak of memory.
    tiny = {**LAYER_METHODS["this package"], "n_in": 2, "n_out": 2, "batch": 1, "v_syn": v_syn}
    run_worker("worker_layer", tiny, threads)
    for method in methods:
        for n_in in sizes:
            rows.append(_layer_point(method, n_in, fixed, threads, rows))
            _say(rows[-1])
    return rows


def _layer_point(method, n_in, fixed, threads, rows):
    """One point, or a row without numbers that says why there are none."""
    row = {"sweep": "layer", "method": method, "value": n_in}
    needed = _estimate(method, n_in, fixed, rows)
    if needed > memory.available():
        free = mib(memory.available())
        return {**row, "note": f"skipped: needs about {mib(needed)} MiB, {free} MiB are free"}
    try:
        result = run_worker(
            "worker_layer", {**LAYER_METHODS[method], "n_in": n_in, **fixed}, threads
        )
    except WorkerError as error:
        if "alloc" not in str(error) and "MemoryError" not in str(error):
            raise
        return {**row, "note": "failed: out of memory"}
    return {
        **row,
        "seconds": median(result["seconds"]),
        "bytes": result["peak_beyond_data"],
        "repeats": len(result["seconds"]),
        "note": "",
    }


def _estimate(method, n_in, fixed, rows):
    """Bytes a point will need: from the largest measured size, else from the number of tensors."""
    measured = [row for row in rows if row["method"] == method and "bytes" in row]
    if measured:
        return _SAFETY * measured[-1]["bytes"] * n_in / measured[-1]["value"]
    tensors = _TENSORS if method == "autograd" else 0
    return 4 * tensors * n_in * fixed["batch"] * fixed["n_out"]


def _changed(default, sweep, value):
    """The settings of one point: the default with one of them changed."""
    changes = {
        "width": {"hidden": [value, value]},
        "depth": {"hidden": [200] * value},
        "n_in": {},  # the data are others
    }
    base = {"hidden": [200, 200], "batch_size": 64, "epochs": 2, "warm_up": 20}
    return {**base, **default, **changes.get(sweep, {sweep: value})}


def training_sweep(sweep, values, default, repeats, peers=("mlp",)):
    """Seconds per image and memory of training, package and peers in alternation.

    Parameters
    ----------
    sweep : {"width", "depth", "batch_size", "threads", "n_in"}
    values : sequence
    default : dict
        ``data``, ``n_images``, ``v_syn`` and ``threads`` of the workers.
    repeats : int
        Processes per point; medians count.
    peers : sequence of str
        Of `PEERS`, in their first variant.

    Returns
    -------
    list of dict
        As `layer_sweep`; seconds are per image.
    """
    rows = []
    for value in values:
        settings = _changed(default, sweep, value)
        with tempfile.TemporaryDirectory() as folder:
            if sweep == "n_in":
                store_random(folder, value, settings["n_images"])
                settings["data"] = folder
            runs = _training_runs(settings, repeats, peers)
        for method, results in runs.items():
            row = {"sweep": sweep, "method": method, "value": value}
            rows.append({**row, **_medians(results, settings["n_images"])})
            _say(rows[-1])
    return rows


def _training_runs(settings, repeats, peers):
    """Results of all processes of one point, by the title of the program."""
    programs = [PACKAGE, *(PEERS[name] for name in peers)]
    runs = {program.title: [] for program in programs}
    settings = dict(settings)
    threads = settings.pop("threads")
    for _ in range(repeats):
        for program in programs:
            options = {**settings, **program.settings, **program.variants[0].settings}
            runs[program.title].append(run_worker(program.worker, options, threads))
    return runs


def _medians(results, n_images):
    seconds = median(median(run["seconds_per_epoch"]) for run in results)
    return {
        "seconds": seconds / n_images,
        "bytes": median(run["peak_beyond_data"] for run in results),
        "repeats": len(results),
        "note": "",
    }


def _say(row):
    numbers = f"{1e6 * row['seconds']:,.1f} us, {mib(row['bytes'])} MiB" if "bytes" in row else ""
    click.echo(f"  {row['sweep']} = {row['value']}, {row['method']}: {numbers}{row['note']}")


def exponents(rows):
    """Fitted exponents of time and memory for every sweep and method.

    Returns
    -------
    list of dict
        sweep, method, and the exponents ``time``, ``memory`` over all points and ``time_largest``,
        ``memory_largest`` over the three largest.
    """
    result = []
    for sweep, method in dict.fromkeys((row["sweep"], row["method"]) for row in rows):
        points = [
            row
            for row in rows
            if (row["sweep"], row["method"]) == (sweep, method) and "bytes" in row
        ]
        entry = {"sweep": sweep, "method": method}
        for name, field in (("time", "seconds"), ("memory", "bytes")):
            for suffix, some in (("", points), ("_largest", points[-3:])):
                entry[name + suffix] = exponent(
                    [row["value"] for row in some], [row[field] for row in some]
                )
        result.append(entry)
    return result


def exponents_table(fits):
    """Table of `exponents`."""
    return table(
        ("sweep", "method", "time", "3 largest", "memory", "3 largest"),
        [
            (
                fit["sweep"],
                fit["method"],
                *(
                    digits(fit[name])
                    for name in ("time", "time_largest", "memory", "memory_largest")
                ),
            )
            for fit in fits
        ],
    )
