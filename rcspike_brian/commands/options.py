"""Options that several commands share."""

import functools
from collections.abc import Callable
from typing import Any

import click


class DriveVoltage(click.ParamType):
    """V_syn in units of V_th: a number, "inf", or two numbers for unequal rails."""

    name = "V_SYN"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | tuple[float, ...]:
        """Number or pair of numbers."""
        if not isinstance(value, str):
            return value
        try:
            parts = tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is neither a number, 'inf', nor a pair like 1.5,0.9", param, ctx)
        return parts[0] if len(parts) == 1 else parts


class NumberList(click.ParamType):
    """Comma-separated numbers, e.g. 200,200."""

    def __init__(self, kind: Callable[[str], float]):
        self.kind = kind
        self.name = "LIST"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, ...]:
        """Tuple of numbers."""
        if not isinstance(value, str):
            return tuple(value)
        try:
            return tuple(self.kind(part) for part in value.split(",") if part.strip())
        except ValueError:
            self.fail(f"{value!r} is not a comma-separated list of numbers", param, ctx)


class NameList(click.ParamType):
    """Comma-separated names, e.g. mnist,fashion-mnist."""

    name = "LIST"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        """Tuple of names."""
        if not isinstance(value, str):
            return tuple(value)
        return tuple(part.strip() for part in value.split(",") if part.strip())


class TimeSteps(click.ParamType):
    """Time steps as shares of T, such as T/200 or T/125,T/250, as numbers of steps per phase."""

    name = "T/N"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        """Tuple of whole numbers."""
        if not isinstance(value, str):
            return value
        steps = []
        for part in value.split(","):
            before, slash, number = part.strip().partition("/")
            if (before, slash) != ("T", "/") or not number.isdigit() or int(number) == 0:
                self.fail(f"{part!r} is not a share of T such as T/200", param, ctx)
            steps.append(int(number))
        if len(set(steps)) < len(steps):
            self.fail(f"{value!r} names a time step twice", param, ctx)
        return tuple(steps)


def data_options(command: Callable) -> Callable:
    """``--data-dir`` and ``--subset``."""
    command = click.option(
        "--subset",
        type=click.Choice(["bundled"]),
        help="Use the 5,000 + 1,000 images that come with the package.",
    )(command)
    return click.option(
        "--data-dir",
        type=click.Path(),
        help="Folder with the IDX files (default: $RCSPIKE_DATA, the cache, the system, download).",
    )(command)


def threads_option(command: Callable) -> Callable:
    """``--threads``."""
    return click.option(
        "--threads",
        type=int,
        help="Threads to use (default: one per processor). Does not change results.",
    )(command)


def fills_folder(command: Callable) -> Callable:
    """Create the folder ``--out`` before the work begins, which shows an unwritable place at once.

    If the command fails before it has written anything, no empty folder is left.
    """

    @functools.wraps(command)
    def filling(*, out, **options):
        from rcspike_brian.storage import results_folder

        with results_folder(out):
            return command(out=out, **options)

    return filling
