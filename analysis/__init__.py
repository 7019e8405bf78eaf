"""Analysis of membrane potentials, spike times and accuracies on tidy pandas frames.

Functions that compute take arrays or frames and return frames. Functions named ``plot_*`` take
such a frame and optional axes, compute nothing, and return the axes.
"""

from rcspike_brian.analysis.accuracy import (
    accuracy_table,
    distance_to_reference,
    format_accuracy_table,
)
from rcspike_brian.analysis.agreement import (
    combine_agreement,
    convergence_order,
    label_agreement,
    spike_time_agreement,
)
from rcspike_brian.analysis.deviation import deviation_from_linear
from rcspike_brian.analysis.gradient_check import gradient_check
from rcspike_brian.analysis.inhibition import inhibition_curve
from rcspike_brian.analysis.pipeline import phase_frame, pipeline_frame
from rcspike_brian.analysis.plot_accuracy import plot_accuracy
from rcspike_brian.analysis.plot_agreement import plot_convergence
from rcspike_brian.analysis.plot_dynamics import (
    plot_deviation,
    plot_membrane_potential,
    plot_reversal_range,
    plot_time_constant,
)
from rcspike_brian.analysis.plot_learning import plot_gradient_check, plot_training
from rcspike_brian.analysis.plot_raster import plot_raster
from rcspike_brian.analysis.plot_sensitivity import plot_inhibition, plot_sensitivity
from rcspike_brian.analysis.plot_spike_times import plot_activity, plot_spike_times
from rcspike_brian.analysis.plot_transfer import plot_transfer_curve, plot_transfer_error
from rcspike_brian.analysis.raster import raster_frame
from rcspike_brian.analysis.reversal_range import reversal_range_used
from rcspike_brian.analysis.sensitivity import weight_sensitivity
from rcspike_brian.analysis.spike_times import activity, spike_time_frame, spike_time_histogram
from rcspike_brian.analysis.time_constant import effective_time_constant
from rcspike_brian.analysis.traces import exact_traces, time_grid
from rcspike_brian.analysis.transfer import random_layer, transfer_curve, transfer_error

__all__ = [
    "accuracy_table",
    "activity",
    "combine_agreement",
    "convergence_order",
    "deviation_from_linear",
    "distance_to_reference",
    "effective_time_constant",
    "exact_traces",
    "format_accuracy_table",
    "gradient_check",
    "inhibition_curve",
    "label_agreement",
    "phase_frame",
    "pipeline_frame",
    "plot_accuracy",
    "plot_activity",
    "plot_convergence",
    "plot_deviation",
    "plot_gradient_check",
    "plot_inhibition",
    "plot_membrane_potential",
    "plot_raster",
    "plot_reversal_range",
    "plot_sensitivity",
    "plot_spike_times",
    "plot_time_constant",
    "plot_training",
    "plot_transfer_curve",
    "plot_transfer_error",
    "random_layer",
    "raster_frame",
    "reversal_range_used",
    "spike_time_agreement",
    "spike_time_frame",
    "spike_time_histogram",
    "time_grid",
    "transfer_curve",
    "transfer_error",
    "weight_sensitivity",
]
