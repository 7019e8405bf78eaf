"""The command line ``rcspike``.

One module per command. They import what is heavy inside their functions, so that help is quick.
"""

import click

from rcspike_brian._version import __version__
from rcspike_brian.commands.cache import cache
from rcspike_brian.commands.chips import chips
from rcspike_brian.commands.data import data
from rcspike_brian.commands.energy import energy
from rcspike_brian.commands.evaluate import evaluate
from rcspike_brian.commands.figure1 import figure1
from rcspike_brian.commands.figure2 import figure2
from rcspike_brian.commands.figure3 import figure3
from rcspike_brian.commands.iris import iris
from rcspike_brian.commands.notebooks import notebooks
from rcspike_brian.commands.reproduce import reproduce
from rcspike_brian.commands.simulate import simulate
from rcspike_brian.commands.spice import spice
from rcspike_brian.commands.sweep import sweep
from rcspike_brian.commands.train import train
from rcspike_brian.errors import RCSpikeError

_COMMANDS = (
    reproduce,
    figure1,
    figure2,
    figure3,
    sweep,
    train,
    evaluate,
    simulate,
    energy,
    chips,
    spice,
    iris,
    data,
    cache,
    notebooks,
)


class _Commands(click.Group):
    """Errors meant for the user are printed without a traceback; commands keep their order."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except RCSpikeError as error:
            raise click.ClickException(str(error)) from None

    def list_commands(self, ctx):
        return [command.name for command in _COMMANDS]


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rcspike")
def main():
    """RC-Spike networks: exact training, Brian2 simulation, and the paper's figures."""


for _command in _COMMANDS:
    main.add_command(_command)
