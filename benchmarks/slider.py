"""Computation from a moved slider to the finished picture."""

import time

import numpy as np


def measure_slider(moves=200, inputs=5, seed=0):
    """Move every kind of slider at random, and time the path from the new value to the PNG.

    Returns
    -------
    pandas.DataFrame
        Columns slider, solve, draw, encode, total: milliseconds of every move.
    """
    import pandas as pd

    from rcspike_brian.interactive import MembranePicture, SliderValues, response

    rng = np.random.default_rng(seed)
    values = SliderValues(rng.random(inputs), rng.uniform(-1.5, 1.5, inputs))
    picture = MembranePicture(values)
    picture.png()
    rows = []
    for number in range(moves):
        slider, changed = _moved(values, number, rng)
        start = time.perf_counter()
        response(changed)
        solved = time.perf_counter()
        picture.show(changed)
        drawn = time.perf_counter()
        picture.png()
        end = time.perf_counter()
        # `show` solves too, so the total is the time from there.
        seconds = (solved - start, drawn - solved, end - drawn, end - solved)
        rows.append((slider, *(1000 * value for value in seconds)))
    return pd.DataFrame(rows, columns=["slider", "solve", "draw", "encode", "total"])


def _moved(values, number, rng):
    """The next slider in turn at a random position."""
    slider = ("V_syn", "V_d", "spike time", "weight")[number % 4]
    times, weights = values.spike_times.copy(), values.weights.copy()
    which = rng.integers(len(times))
    if slider == "V_syn":
        return slider, values.changed(v_syn=rng.uniform(0.5, 16))
    if slider == "V_d":
        return slider, values.changed(v_d=rng.uniform(0, 0.4))
    if slider == "spike time":
        times[which] = rng.random()
        return slider, values.changed(spike_times=times)
    weights[which] = rng.uniform(-3, 3)
    return slider, values.changed(weights=weights)
