"""The two phases of a layer: charging, then firing, each of length T.

How to read Brian2's clock here: *a step labelled t ends at time t*. In every step Brian2 first
updates the state and then looks at thresholds and delivers spikes, so what the threshold, the
synapses and a monitor with ``when="after_groups"`` see under the label t is the state at t. With
this reading a spike is rounded up to the next multiple of dt, once, and acts from there on; a
spike on the grid is not late at all. Steps 1 to N of a layer charge, steps N+1 to 2N fire
(N = T/dt); a run of both phases has 2N+1 steps, ``run(2*T + dt)``, where step 0 is the initial
state.

``elapsed``
    Time since the layer's charging phase began.
``charging``, ``ramping``
    Whether this step belongs to the charging or to the firing phase.
``charged``
    True in one step only, the one that ends the charging phase: an event of that name records
    V(T), ``NeuronGroup(..., events={"charged": CHARGED})``.
``comparing``
    Whether the comparator looks, in T <= t < 2T. At T, so that a neuron that is above threshold
    already fires at once. Not at 2T, because x = 1 - t_out = 0 there, which is no spike: a neuron
    with V(T) = 0 reaches the threshold at 2T up to rounding errors.

The half steps keep comparisons of times away from rounding errors. The flags are held over a step
(``constant over dt``), so that integration methods that look half a step ahead stay in the phase.
"""

ONE_PRESENTATION = """
t_start : second (shared)       # when the charging phase of this layer begins
"""

PHASE_FLAGS = """
T : second (shared, constant)   # length of a phase
elapsed = t - t_start : second (shared)
charging = elapsed > dt/2 and elapsed < T + dt/2 : boolean (shared, constant over dt)
charged = elapsed > T - dt/2 and elapsed < T + dt/2 : boolean (shared, constant over dt)
ramping = elapsed > T + dt/2 and elapsed < 2*T + dt/2 : boolean (shared, constant over dt)
comparing = elapsed > T - dt/2 and elapsed < 2*T - dt/2 : boolean (shared, constant over dt)
"""

PHASES = ONE_PRESENTATION + PHASE_FLAGS

CHARGED = "charged"
