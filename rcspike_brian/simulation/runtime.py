"""Brian2's runtime target: NumPy or Cython, as the user's preferences say."""

from brian2.devices.device import RuntimeDevice

from rcspike_brian.simulation.devices import private_device
from rcspike_brian.simulation.model import Recording, build, duration, read, values
from rcspike_brian.simulation.progress import REPORT_PERIOD


class RuntimeBackend:
    """Runs a model step by step in this process."""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def run(self, circuit, inputs, report) -> Recording:
        """Build and run one presentation."""
        with private_device(RuntimeDevice()):
            model = build(circuit, inputs)
            for group, name, value in values(model, circuit, inputs):
                setattr(group, name, value)
            model.network.run(
                duration(circuit, inputs),
                report=report,
                report_period=REPORT_PERIOD,
                namespace={},
            )
            return read(model, inputs, circuit.T / inputs.steps)
