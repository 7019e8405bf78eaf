"""Membrane potentials in extended precision, from the closed form alone."""

import mpmath


def exact_potential(spike_times, weights, beta, digits=50):
    """v(1) of one sample as a list of mpf, by the exponential of every segment."""
    plus, minus = (beta, beta) if isinstance(beta, (int, float)) else beta
    with mpmath.workdps(digits):
        as_mpf = mpmath.mpf
        order = sorted(range(len(spike_times)), key=lambda j: spike_times[j])
        times = [as_mpf(spike_times[j]) for j in order] + [as_mpf(1)]
        return [
            _one_neuron([weights[j][i] for j in order], times, as_mpf(plus), as_mpf(minus))
            for i in range(len(weights[0]))
        ]


def _one_neuron(weights, times, plus, minus):
    g = f = v = mpmath.mpf(0)
    for k, w in enumerate(weights):
        w = mpmath.mpf(w)
        g += w
        f += plus * w if w > 0 else -minus * w
        duration = times[k + 1] - times[k]
        if duration == 0:
            continue
        if f == 0:
            v += g * duration
        else:
            v = g / f + (v - g / f) * mpmath.exp(-f * duration)
    return v
