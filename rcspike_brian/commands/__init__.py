"""The command line ``rcspike``.

One module per command. They import what is heavy inside their functions, so that help is quick.
"""

import errno
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from rcspike_brian._version import __version__
from rcspike_brian.errors import RCSpikeError
from rcspike_brian.processes import command

# As help lists them; each is in the module of its name, or in another one.
COMMANDS = (
    *("reproduce", "figure1", "figure2", "figure3", "sweep", "train", "evaluate", "simulate"),
    *("energy", "front", "chips", "spice", "iris", "transistors", "export", "data", "cache"),
    *("notebooks", "explore"),
)
_ELSEWHERE = dict.fromkeys(("reproduce", "figure1", "figure2", "figure3"), "figures")
_ELSEWHERE["evaluate"] = "train"


class _Commands(click.Group):
    """Errors meant for the user are printed without a traceback; commands keep their order."""

    def main(self, *args, **kwargs):
        # Where one is closed, the next file would get its number and messages as content.
        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            if getattr(sys, name) is None:
                setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - while this runs
        return super().main(*args, **kwargs)

    def invoke(self, ctx):
        try:
            with command():
                return super().invoke(ctx)
        except RCSpikeError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # nobody reads on; click ends without a word
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from None

    def list_commands(self, ctx):
        return list(self.commands)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rcspike")
def main():
    """RC-Spike networks: exact training, Brian2 simulation, and the paper's figures."""


for _name in COMMANDS:
    _module = import_module(f"{__name__}.{_ELSEWHERE.get(_name, _name)}")
    main.add_command(getattr(_module, _name))
