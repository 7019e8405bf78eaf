"""Compiled event sweeps: one sample through sixteen neurons of a layer, forward and backward.

The state of a neuron between two input spikes is its current g, its conductance f and its membrane
potential V. They change at an input spike, and V relaxes over the segment until the next one, of
length D (in the units of `rcspike_brian.core.coupling`, where beta is 1):

    g += w,   f += |w|                      V += (g - f V) D phi(f D)

Inputs that spike at the same time have no segment between them and share one relaxation.

The adjoint carries the costate p = dL/dV and the integrals P of p and Q of p V backwards over the
same input spikes, from p = dL/dV(1) and P = Q = 0. Over a segment, with V at its end,

    P += p D phi(f D),   Q += p (D V - g D^2 chi(f D)),   p *= exp(-f D) = 1 - f D phi(f D)

It needs V at the end of each segment, which the forward sweep leaves in a *record*, and takes g and
f back spike by spike. That is cheaper than reading them, and what rounding leaves of them early in
the phase is weighed with a small p.

A sweep works on one *tile* of neurons: the state of ``LANES`` neurons stays in vector registers
from the first input spike to the last, and the weights of a tile lie together in memory
(`rcspike_brian.core.layout`). Fewer neurons than lanes are padded with weights of 0.
"""

from rcspike_brian.core.compiling import compiled
from rcspike_brian.core.coupling import conductance_of
from rcspike_brian.core.relaxation import chi_phi_decay
from rcspike_brian.core.segments import LARGEST_CONDUCTANCE, LENGTH, SAME_LENGTH, crossing
from rcspike_brian.core.vectors import LANES, any_above, filled, load, magnitude, signed, store

# A record: g, the sum of |w| and V at the end of the phase, then V at each input spike that has a
# segment behind it.
CURRENT, SIZE, POTENTIAL, BEFORE = 0, LANES, 2 * LANES, 3 * LANES


@compiled
def record_length(n_in):
    """Numbers in the record of one tile with ``n_in`` inputs."""
    return BEFORE + LANES * n_in


@compiled
def sweep_forward(order, behind, segments, n_spikes, weights, first, coupling, records, start):
    """Carry the membrane potentials of one tile through the charging phase.

    ``order, behind, segments, n_spikes`` are as the modules ordering and segments leave them. The
    weights are tiles (n_in, LANES), of which this one begins at ``first``, and its record begins at
    ``start``, both counted flat. Coupling and records have the precision of the weights.
    """
    g = sizes = v = filled(weights.dtype.type(0))
    for k in range(n_spikes):
        w = load(weights, first + LANES * order[k])
        g = g + w
        sizes = sizes + magnitude(w)
        row = behind[k]
        if row >= 0:
            store(records, start + BEFORE + LANES * k, v)
            f = conductance_of(sizes, g, coupling)
            if any_above(f, segments[row + LARGEST_CONDUCTANCE]):
                length = segments[row + LENGTH]
                _, phi, _ = chi_phi_decay(f * length)
                area = length * phi
            else:
                area = segments[row + SAME_LENGTH] - f * crossing(f, segments, row)
            v = v + (g - f * v) * area
    store(records, start + CURRENT, g)
    store(records, start + SIZE, sizes)
    store(records, start + POTENTIAL, v)


@compiled
def sweep_backward(
    order, behind, segments, n_spikes, weights, first, coupling, records, start,
    costates, tile, weight_gradient, time_gradients, n_fixed,
):  # fmt: skip
    """Adjoint of `sweep_forward`, from the same arguments and the record that it wrote.

    ``costates`` are dL/dV(1) of all neurons; those of the tile begin at ``tile``. To the weight
    gradient dL/dw is added at the place of the weights, and to row k of the time gradients
    (n_in, LANES) dL/dtau of input spike k, counted by time. The first ``n_fixed`` spikes need none.
    """
    g = load(records, start + CURRENT)
    sizes = load(records, start + SIZE)
    v = load(records, start + POTENTIAL)
    p = load(costates, tile)
    area = moment = filled(weights.dtype.type(0))  # P and Q
    for k in range(n_spikes - 1, -1, -1):
        row = behind[k]
        if row >= 0:
            f = conductance_of(sizes, g, coupling)
            if any_above(f, segments[row + LARGEST_CONDUCTANCE]):
                length = segments[row + LENGTH]
                c, phi, decay = chi_phi_decay(f * length)
                area = area + p * (length * phi)
                moment = moment + p * (length * v - g * (length * length * c))
                p = p * decay
            else:
                length = segments[row + SAME_LENGTH]
                z = crossing(f, segments, row)
                grown = p * (length - f * z)
                area = area + grown
                moment = moment + p * (length * v - g * z)
                p = p - f * grown
            v = load(records, start + BEFORE + LANES * k)
        place = first + LANES * order[k]
        w = load(weights, place)
        size = magnitude(w)
        if k >= n_fixed:
            so_far, f = load(time_gradients, LANES * k), conductance_of(size, w, coupling)
            store(time_gradients, LANES * k, so_far - p * (w - f * v))
        change = area - conductance_of(signed(moment, w), moment, coupling)
        store(weight_gradient, place, load(weight_gradient, place) + change)
        g = g - w
        sizes = sizes - size
