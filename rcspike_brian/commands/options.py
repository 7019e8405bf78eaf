"""Options that several commands share."""

import ast
import functools
import re
from pathlib import Path

import click

from rcspike_brian.errors import InvalidInput

option = functools.partial(click.option, show_default=True)
flag = functools.partial(click.option, is_flag=True)
_PACKAGE = Path(__file__).parents[1]


class DriveVoltage(click.ParamType):
    """V_syn in units of V_th: a number, "inf", or two numbers for unequal rails."""

    name = "V_SYN"

    def convert(self, value, param, ctx):
        """Number or pair of numbers."""
        if not isinstance(value, str):
            return value
        try:
            parts = tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is neither a number, 'inf', nor a pair like 1.5,0.9", param, ctx)
        return parts[0] if len(parts) == 1 else parts


class ListOf(click.ParamType):
    """Values between commas, e.g. 200,200 or mnist,fashion-mnist."""

    name = "LIST"

    def __init__(self, kind, least=1):
        self.kind, self.least = kind, least

    def convert(self, value, param, ctx):
        """Tuple of the values."""
        if not isinstance(value, str):
            return tuple(value)
        parts = [part.strip() for part in value.split(",")] if value.strip() else []
        if len(parts) < self.least:
            self.fail("at least one value is needed", param, ctx)
        if not all(parts):
            self.fail(f"{value!r} has an empty place: write values between commas", param, ctx)
        try:
            return tuple(map(self.kind, parts))
        except InvalidInput as error:
            self.fail(str(error), param, ctx)
        except ValueError:
            self.fail(f"{value!r} is not a comma-separated list of numbers", param, ctx)


def _layer(text):
    from rcspike_brian.layers.notation import layer_name

    return layer_name(int(text) if text.isdecimal() else text)


def all_of(*options):
    """One decorator for several options, in the order of the help."""
    return lambda command: functools.reduce(lambda c, option: option(c), options[::-1], command)


def v_syn(text, default=None):
    """``--v-syn``; the text says what for."""
    text += (
        ": drive voltage V_syn/V_th of a circuit with ideal diodes, or inf (conventional). "
        "The weights are kept: the resistors are others."
    )
    return option("--v-syn", type=DriveVoltage(), default=default, help=text)


_DIODE = "Diodes of the netlist: ideal, near-ideal, real, leaky, none or one of your own."
diode = option("--diode", default="ideal", help=_DIODE)
tolerance = option("--tolerance", default=1e-5, help="Relative tolerance of ngspice.")
quiet = flag("--quiet", help="No progress bar.")
threads = option("--threads", type=int, help="Default: one per processor. Changes no results.")
images = option("--images", type=click.IntRange(1), help="Only the first [default: all].")
run = click.argument("run", type=click.Path(path_type=Path))
dataset = option("--dataset", help="Another data set than the run's.")
runs = click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
data = all_of(
    option(
        "--data-dir",
        type=click.Path(),
        help="Folder with the IDX files (default: $RCSPIKE_DATA, the cache, the system, download).",
    ),
    option("--subset", type=click.Choice(["bundled"]), help="5,000 + 1,000 images of the package."),
)


_C_IN = "Of one comparator's threshold input and its wire, in farads; --ramp threshold needs it."
_RAMP = "Another firing ramp with the same spike times: linear, linear-free-running, threshold."
energy_costs = all_of(
    option("--comparator-energy", type=float, help="In joules per inference; 0: none."),
    option("--static-power", type=float, help="Of a neuron of the conventional circuit, in watts."),
    option("--conventional-supply", type=float, help="Of its current sources, in volts."),
    flag("--clamp", help="Stop these where they reach their supply, as real ones do."),
    option("--ramp", help=_RAMP),
    option("--threshold-capacitance", type=float, help=_C_IN),
    flag("--stop-at-first-spike", help="End the last firing phase at its first spike."),
    option("--v-th", default=0.872, help="In volts."),
    option("--v-dd", default=1.8, help="Supply of a linear ramp, in volts."),
    option("--v-d", default=0.0, help="Diode drop, in volts."),
    option("--capacitance", default=140e-15, help="In farads."),
    option("--period", default=1e-6, help="T, in seconds."),
)


def out(text="Folder to write.", required=False):
    """``--out``, a folder that is created before the work: an unwritable place shows at once."""

    def decorate(command):
        @functools.wraps(command)
        def filling(*, out, **options):
            from rcspike_brian.storage import results_folder

            with results_folder(out) as folder:
                return command(out=folder, **options)

        # An option with a default of None is never missing.
        default = {"required": True} if required else {"default": Path("figures")}
        kind = click.Path(file_okay=False, path_type=Path)
        return option("--out", type=kind, help=text, **default)(filling)

    return decorate


def fields_of(file, name, without=()):
    """An option for each field of a data class, with its default and description."""
    # The source is read and not imported: compiled code takes seconds to load, and help should not.
    tree = ast.parse((_PACKAGE / file).read_text(encoding="utf-8"))
    found = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    fields = ((ast.unparse(n.target), n.value) for n in found.body if isinstance(n, ast.AnnAssign))
    texts = _descriptions(ast.get_docstring(found) or "")
    return all_of(
        *(
            _field_option(field, ast.literal_eval(default), *texts[field])
            for field, default in fields
            if default is not None and field not in without
        )
    )


def _descriptions(docstring):
    """Type and description of each parameter in a numpydoc docstring, by name."""
    section = docstring.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    return {
        name: (kind, " ".join(text.split()))
        for names, kind, text in re.findall(r"^(\w.*?) : (.*)((?:\n .*)*)", section, re.MULTILINE)
        for name in names.split(", ")
    }


def _field_option(name, default, kind, text):
    flags = f"--{name.replace('_', '-')}"
    if isinstance(default, bool):
        return flag(flags, help=text)
    kind_of = {"v_syn": DriveVoltage(), "hidden": ListOf(_layer, least=0)}.get(name, type(default))
    choices = "|".join(re.findall(r'"(.+?)"', kind))
    shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
    metavar = f"[{choices}]" if choices else None
    # Convolutions and pools are no neurons: the command has a word for all, and keeps the old one.
    names = ("--layers", flags, name) if name == "hidden" else (flags,)
    return option(*names, type=kind_of, default=shown, help=text, metavar=metavar)
