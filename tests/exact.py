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


def exact_loss(network, times, label, loss):
    """Loss of one sample in 50 digits, by the closed form of every segment and of the ramp."""
    with mpmath.workdps(50):
        lines = [mpmath.mpf(float(t)) for t in times]
        for weights in network.weights:
            v = exact_potential([*lines, mpmath.mpf(0)], weights.tolist(), network.beta)
            lines = [min(max(_spike(x, network.circuit), 0), 1) for x in v]
        exponents = [mpmath.exp(x / loss.temperature) for x in v]
        share = mpmath.mpf(loss.smoothing) / len(v)
        entropy = mpmath.mpf(0)
        for i, e in enumerate(exponents):
            wanted = share + (1 - mpmath.mpf(loss.smoothing)) * (i == label)
            entropy -= wanted * mpmath.log(e / sum(exponents))
        return entropy + loss.window * sum((1 - x - mpmath.mpf(9) / 10) ** 2 for x in v)


def _spike(v, circuit):
    if circuit.ramp.name == "linear":
        return 1 - v
    b = mpmath.mpf(circuit.b)
    return (mpmath.log(1 - b) - mpmath.log(1 - b * min(v, mpmath.mpf(1)))) / mpmath.log(1 - b)
