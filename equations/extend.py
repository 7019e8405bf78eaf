"""Equations of one's own: definitions of the package's neuron replaced by others."""

from rcspike_brian.brian import EquationError, Equations
from rcspike_brian.errors import InvalidInput


def parsed(equations):
    """Return ``equations`` as a `brian2.Equations`, or refuse what Brian2 cannot read."""
    try:
        return equations if isinstance(equations, Equations) else Equations(equations)
    except (EquationError, SyntaxError, TypeError, ValueError) as error:
        raise InvalidInput(f"Brian2 cannot read these equations: {error}") from None


def redefine(equations: str | Equations, *definitions: str | Equations) -> Equations:
    """Replace the definitions of quantities that equations have.

    Parameters
    ----------
    equations : str or brian2.Equations
    *definitions : str or brian2.Equations
        Lines such as ``"I_other = -G_x*V : amp"``; every quantity they define must be there
        already. New quantities are added, as to any Brian2 equations, with ``+``.

    Examples
    --------
    >>> from rcspike_brian.equations import RC_SPIKE_NEURON
    >>> mine = redefine(RC_SPIKE_NEURON, "I_other = -G_x*V : amp") + "G_x : siemens (constant)"
    >>> print(mine["I_other"].expr)
    -G_x*V
    """
    known = parsed(equations)
    for name in [name for definition in definitions for name in parsed(definition)]:
        if name not in known:
            raise InvalidInput(
                f"the equations define no {name!r} that could be redefined; they define "
                f"{', '.join(sorted(known))}. Add new quantities with equations + '...'."
            )
    return overlaid(equations, *definitions)


def overlaid(equations, *definitions):
    """Return equations with some definitions replaced and others added."""
    lines = dict(parsed(equations))
    for definition in definitions:
        lines |= dict(parsed(definition))
    return Equations(list(lines.values()))


def text_of(equations) -> str:
    """Return equations as text that Brian2 reads again, the same for equal equations."""
    return "\n".join(_line(line) for _, line in sorted(parsed(equations).items()))


def _line(line):
    left = f"d{line.varname}/dt" if line.type == "differential equation" else line.varname
    right = "" if line.expr is None else f" = {line.expr.code}"
    unit = "1" if line.dim.is_dimensionless else repr(line.unit)
    unit = line.var_type if line.var_type in ("boolean", "integer") else unit
    flags = f" ({', '.join(line.flags)})" if line.flags else ""
    return f"{left}{right} : {unit}{flags}"
