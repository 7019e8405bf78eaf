# The public names: "X as X" is how a stub says that a name is exported.
from . import (
    analysis as analysis,
    core as core,
    data as data,
    devices as devices,
    diodes as diodes,
    encodings as encodings,
    energy as energy,
    equations as equations,
    experiments as experiments,
    figures as figures,
    interactive as interactive,
    layers as layers,
    optimizers as optimizers,
    ramps as ramps,
    readout as readout,
    simulation as simulation,
    spice as spice,
    sweeps as sweeps,
    torch as torch,
    training as training,
)
from ._version import __version__ as __version__
from .circuit import Circuit as Circuit, spike_time as spike_time
from .core.membrane import (
    membrane_gradients as membrane_gradients,
    membrane_potential as membrane_potential,
)
from .classifier import RCSpikeClassifier as RCSpikeClassifier
from .course import copy_course as copy_course
from .data import load_dataset as load_dataset
from .errors import (
    CompilerError as CompilerError,
    DataError as DataError,
    InvalidInput as InvalidInput,
    MissingExtra as MissingExtra,
    RCSpikeError as RCSpikeError,
    RunFolderError as RunFolderError,
    SpiceError as SpiceError,
)
from .network import Network as Network
from .simulation import (
    NetworkSimulation as NetworkSimulation,
    build_network as build_network,
    simulate as simulate,
    simulate_network as simulate_network,
)
from .training import (
    SpikeTimeObjective as SpikeTimeObjective,
    TrainingConfig as TrainingConfig,
    evaluate as evaluate,
    minimize as minimize,
    train as train,
)
