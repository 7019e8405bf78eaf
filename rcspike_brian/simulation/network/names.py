"""Names of the Brian2 objects of a network; layers are numbered from 1."""

AXONS = "rcspike_axons"
INPUT_TIMES = "rcspike_input_times"
NETWORK = "rcspike_network"
CLOCK = "rcspike_clock"


def layer(number):
    """Name of the neurons of a layer."""
    return f"rcspike_layer_{number}"


def synapses(number):
    """Name of the synapses that drive a layer."""
    return f"rcspike_synapses_{number}"


def bias(number):
    """Name of the axon of a layer's bias, from layer 2 on."""
    return f"rcspike_bias_{number}"


def bias_synapses(number):
    """Name of the synapses of a layer's bias."""
    return f"rcspike_bias_synapses_{number}"


def spikes(number):
    """Name of the monitor of a layer's spikes."""
    return f"rcspike_spikes_{number}"


def charged(number):
    """Name of the monitor of the potentials at the end of a layer's charging phase."""
    return f"rcspike_charged_{number}"


def probes(number):
    """Name of the probes of a layer, each of which shows one neuron's membrane potential."""
    return f"rcspike_probes_{number}"


def traces(number):
    """Name of the monitor of a layer's probes."""
    return f"rcspike_traces_{number}"
