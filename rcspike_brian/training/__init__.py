"""Training with exact spike-time gradients, and the ordinary network to compare with."""

from rcspike_brian.readout import earliest_spike
from rcspike_brian.training.config import TrainingConfig
from rcspike_brian.training.evaluation import evaluate
from rcspike_brian.training.full_batch import minimize
from rcspike_brian.training.mlp import ReluNetwork, ReluTrainer
from rcspike_brian.training.objective import SpikeTimeObjective
from rcspike_brian.training.recipes import RECIPES, recipe
from rcspike_brian.training.run import Run, run_settings, train
from rcspike_brian.training.trainer import Trainer

__all__ = [
    "RECIPES", "ReluNetwork", "ReluTrainer", "Run", "SpikeTimeObjective", "Trainer",
    "TrainingConfig", "earliest_spike", "evaluate", "minimize", "recipe", "run_settings", "train",
]  # fmt: skip
