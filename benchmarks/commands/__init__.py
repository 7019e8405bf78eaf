"""The commands of ``python -m benchmarks``, one module each.

They import what is heavy inside their functions, so that help is quick.
"""

import click

from benchmarks.commands.dstd_error import dstd_error
from benchmarks.commands.epoch import epoch
from benchmarks.commands.explorer import explorer
from benchmarks.commands.full_batch import full_batch
from benchmarks.commands.presentations import presentations
from benchmarks.commands.profile import profile
from benchmarks.commands.relu_cnn import relu_cnn
from benchmarks.commands.scaling import scaling
from benchmarks.commands.simulation import simulation
from benchmarks.commands.slider import slider
from benchmarks.commands.startup import startup
from benchmarks.processes import WorkerError
from rcspike_brian.errors import RCSpikeError


class _Commands(click.Group):
    """Errors that a person can do something about are printed without a traceback."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except (RCSpikeError, WorkerError) as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main():
    """Measure this package against its peers, one process at a time.

    Keep the machine idle meanwhile: a second busy program makes every number wrong.
    """


_ALL = (
    *(epoch, full_batch, profile, scaling, dstd_error, simulation, presentations, slider),
    *(explorer, startup, relu_cnn),
)
for _command in _ALL:
    main.add_command(_command)
