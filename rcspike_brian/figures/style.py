"""One look for every figure: sizes of a printed page, fonts, colours, caption.

The widths are those of a two-column journal page, so text has its printed size in the file.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import matplotlib as mpl
import seaborn as sns
from cycler import cycler
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

SINGLE_COLUMN = 3.5
"""Width of a single-column figure in inches."""
DOUBLE_COLUMN = 7.2
"""Width of a double-column figure in inches."""

_SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same picture on every machine
    "mathtext.fontset": "dejavusans",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.prop_cycle": cycler(color=sns.color_palette("colorblind").as_hex()),
    "figure.dpi": 110,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # text in the PDF stays text
}
# Matplotlib's settings belong to the whole process: where blocks overlap, the last one to end would
# leave those of another.
_one_thread = RLock()
_CAPTION_SIZE = 6.5
_MARGIN = 0.06  # inches around a caption


@contextmanager
def style() -> Iterator[None]:
    """Use the project's fonts, sizes and palette, and no settings of the user's, inside a block.

    Examples
    --------
    >>> with style():
    ...     mpl.rcParams["font.size"]
    8.0
    """
    with _one_thread, mpl.rc_context():
        mpl.rcdefaults()  # a matplotlibrc of one's own (text.usetex, savefig.bbox) is left aside
        mpl.rcParams.update({**sns.axes_style("ticks"), **_SETTINGS})
        yield


def notebook_style() -> None:
    """Set matplotlib up for a notebook: the project's colours, at the size of a screen.

    Unlike `style`, it changes matplotlib's settings for good.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> with mpl.rc_context():  # a notebook calls it once, at the top
    ...     notebook_style()
    ...     mpl.rcParams["figure.figsize"]
    [6.0, 3.0]
    """
    shared: Any = ("axes.spines.top", "axes.spines.right", "axes.prop_cycle", "legend.frameon")
    mpl.rcParams.update({name: _SETTINGS[name] for name in shared})
    mpl.rcParams.update({"figure.figsize": (6, 3), "figure.constrained_layout.use": True})


def new_figure(
    width: float = SINGLE_COLUMN, height: float = 2.6, **subplots: Any
) -> tuple[Figure, Any]:
    """Create a figure that no global state holds on to, and its axes.

    Parameters
    ----------
    width, height : float, size in inches
    **subplots
        Passed to `matplotlib.figure.Figure.subplots`.

    Examples
    --------
    >>> figure, axes = new_figure(height=2.2, ncols=2)
    >>> axes.shape, figure.get_size_inches().tolist()
    ((2,), [3.5, 2.2])
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(**subplots)


def add_caption(figure: Figure, caption: str) -> None:
    """Write a caption under the axes and make room for it by a taller figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure with constrained layout
    caption : str, one paragraph; it is wrapped to the width of the figure

    Examples
    --------
    >>> figure, axes = new_figure(height=2.0)
    >>> add_caption(figure, "Figure 9. Nothing to be seen.")
    >>> bool(figure.get_size_inches()[1] > 2.0)
    True
    """
    width, height = figure.get_size_inches()
    lines = _wrapped(caption, 72 * (width - 2 * _MARGIN) * 0.97)
    room = len(lines) * 1.25 * _CAPTION_SIZE / 72 + 2 * _MARGIN
    figure.set_size_inches(width, height + room)
    share = room / (height + room)
    layout: Any = figure.get_layout_engine()
    layout.set(rect=(0, share, 1, 1 - share))
    place, text = (_MARGIN / width, _MARGIN / (height + room)), "\n".join(lines)
    look: dict[str, Any] = {"color": "#444444", "va": "bottom", "linespacing": 1.25}
    figure.text(*place, text, fontsize=_CAPTION_SIZE, gid="caption", **look)


def plain(text: str) -> str:
    """A name that somebody gave, for a place where formulas may stand: ``$`` is a dollar.

    Examples
    --------
    >>> print(plain("5 $ and 6 $"))
    5 \\$ and 6 \\$
    """
    return str(text).replace("$", r"\$")


def in_order(names: Iterable[str], order: Iterable[str]) -> list[str]:
    """Those names that have a place in the order first, the others behind."""
    known = list(order)
    return sorted(names, key=lambda name: known.index(name) if name in known else len(known))


def _wrapped(text, points):
    """Break a text, which may contain formulas, into lines of at most so many points."""
    font = FontProperties(size=_CAPTION_SIZE)

    def width(word):
        return text_to_path.get_text_width_height_descent(word, font, is_math_text(word))[0]

    space, lines, used = width("n n") - width("nn"), [], points
    for word in text.split():
        used += space + width(word)
        if used > points:
            lines.append(word)
            used = width(word)
        else:
            lines[-1] += f" {word}"
    return lines
