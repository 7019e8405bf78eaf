"""Analysis of membrane potentials, spike times and accuracies on tidy pandas frames.

Functions that compute take arrays or frames and return frames, whose columns they describe. Those
named ``plot_*`` take such a frame, the axes to draw on (default: the current ones) and keywords of
what draws, compute nothing, and return the axes. Functions that take ``v_syn`` (V_syn/V_th) assume
ideal diodes: V_d = 0, so the reversal potential E is V_syn.
"""

# isort: skip_file
from rcspike_brian.analysis.accuracy import (
    accuracy_table, distance_to_reference, format_accuracy_table, plot_accuracy,
)  # fmt: skip
from rcspike_brian.analysis.agreement import (
    combine_agreement, convergence_order, label_agreement, plot_convergence,
    spike_time_agreement,
)  # fmt: skip
from rcspike_brian.analysis.dynamics import (
    both_phases, deviation_from_linear, effective_time_constant, exact_traces, plot_deviation,
    plot_membrane_potential, plot_reversal_range, plot_time_constant, reversal_range_used,
    time_grid,
)  # fmt: skip
from rcspike_brian.analysis.front import front_table, pareto_front
from rcspike_brian.analysis.learning import gradient_check, plot_gradient_check, plot_training
from rcspike_brian.analysis.palette import MODEL_COLOURS, model_colours
from rcspike_brian.analysis.spike_times import (
    activity, phase_frame, plot_activity, plot_raster, plot_spike_times, raster_frame,
    spike_time_frame, spike_time_histogram,
)  # fmt: skip
from rcspike_brian.analysis.transfer import (
    inhibition_curve, plot_inhibition, plot_sensitivity, plot_transfer_curve,
    plot_transfer_error, random_layer, transfer_curve, transfer_error, weight_sensitivity,
)  # fmt: skip

__all__ = [
    "MODEL_COLOURS", "accuracy_table", "activity", "both_phases", "combine_agreement",
    "convergence_order", "deviation_from_linear", "distance_to_reference",
    "effective_time_constant", "exact_traces", "format_accuracy_table", "front_table",
    "gradient_check", "inhibition_curve", "label_agreement", "model_colours", "pareto_front",
    "phase_frame", "plot_accuracy", "plot_activity", "plot_convergence", "plot_deviation",
    "plot_gradient_check", "plot_inhibition", "plot_membrane_potential", "plot_raster",
    "plot_reversal_range", "plot_sensitivity", "plot_spike_times", "plot_time_constant",
    "plot_training", "plot_transfer_curve", "plot_transfer_error", "random_layer", "raster_frame",
    "reversal_range_used", "spike_time_agreement", "spike_time_frame", "spike_time_histogram",
    "time_grid", "transfer_curve", "transfer_error", "weight_sensitivity",
]  # fmt: skip
