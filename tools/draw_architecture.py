"""Draw what imports what: ``python tools/draw_architecture.py`` writes docs/architecture.svg.

The modules and imports are read from the code, and the rows from the layers in pyproject.toml to
which `make lint` holds it. Beside the picture stands architecture.csv with every import between two
parts of the package; the picture leaves out those that follow from others (a imports b, b imports
c, so a may as well import c).
"""

import csv
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from statistics import mean

import grimp

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PACKAGE = "rcspike_brian"
# A tint for each row in turn, from Okabe and Ito's colours: told apart with any colour vision.
TINTS = ("#cfe4f2", "#fbe3c0", "#cdeae0")
INK = "#222222"


def import_graph():
    """The imports of the package beside this folder, less those for type checkers alone."""
    sys.path.insert(0, str(ROOT))
    return grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)


def edges(graph):
    """Imports between the parts of the package.

    Returns
    -------
    set of (str, str)
        (importer, imported), each a module or folder directly inside the package.
    """
    pairs = {
        (_part(importer), _part(imported))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    return {(a, b) for a, b in pairs if a and b and a not in (b, "__main__")}


def _part(module):
    """The part that a module belongs to; nothing for the package itself."""
    return module.removeprefix(PACKAGE).lstrip(".").partition(".")[0]


def write_edges(pairs, path):
    """Write the imports as a table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerows([("importer", "imported"), *sorted(pairs)])


def read_edges(path):
    """What `write_edges` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        return {tuple(row) for row in csv.reader(file)} - {("importer", "imported")}


def layers():
    """Names in each layer, the uppermost first, from pyproject.toml."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = content["tool"]["importlinter"]["contracts"]
    (found,) = (c["layers"] for c in contracts if c["type"] == "layers")
    return [[name.strip() for name in layer.split(":")] for layer in found]


def essential(pairs):
    """The imports that do not follow from the others."""
    below = {a: {c for b, c in pairs if b == a} for a, _ in pairs}

    def reachable(start, seen):
        for name in below.get(start, ()):
            if name not in seen:
                seen.add(name)
                reachable(name, seen)
        return seen

    return {
        (a, b) for a, b in pairs if not any(b in reachable(c, set()) for c in below[a] if c != b)
    }


def rows_of(pairs):
    """Parts in rows so that every import leads to a lower row, and the base, which all may use."""
    names = {name for pair in pairs for name in pair}
    *upper, base, lowest = [[name for name in layer if name in names] for layer in layers()]
    rows = []
    for left in upper:
        while left:  # parts of one layer that import each other stand below each other
            free = [a for a in left if not any((b, a) in pairs for b in left)]
            rows.append(free or left)
            left = [name for name in left if name not in rows[-1]]
    return rows, base + lowest


def arrange(rows, pairs):
    """Find a place for every part so that few arrows cross and they bend little.

    Returns
    -------
    places : dict
        Row and item -> position across. An item is a name, or, where an arrow passes through a
        row, (importer, imported).
    arrows : list of list of (int, item)
        What each arrow leads through, with both ends.
    """
    level = {name: k for k, row in enumerate(rows) for name in row}
    steps = [[(k, name) for name in row] for k, row in enumerate(rows)]
    arrows = []
    for a, b in sorted(pairs):
        between = [(k, (a, b)) for k in range(level[a] + 1, level[b])]
        for step in between:
            steps[step[0]].append(step)
        arrows.append([(level[a], a), *between, (level[b], b)])
    above, below = {}, {}
    for upper, lower in (pair for arrow in arrows for pair in pairwise(arrow)):
        below.setdefault(upper, []).append(lower)
        above.setdefault(lower, []).append(upper)
    places = {step: k / len(row) for row in steps for k, step in enumerate(row)}
    for turn in range(60):
        downwards, near = (steps, above) if turn % 2 == 0 else (steps[::-1], below)
        for row in downwards:
            wanted = {step: mean(places[other] for other in near.get(step, [step])) for step in row}
            row.sort(key=wanted.get)
            places |= _apart(row, wanted)
    return places, arrows


def _apart(row, wanted):
    """Places in this order as near to the wanted ones as the widths of the items allow."""
    widths = [1.0 if isinstance(item, str) else 0.3 for _, item in row]
    gaps = [(a + b) / 2 for a, b in pairwise(widths)]
    rightwards = [wanted[row[0]]]
    for step, gap in zip(row[1:], gaps, strict=True):
        rightwards.append(max(wanted[step], rightwards[-1] + gap))
    leftwards = [wanted[row[-1]]]
    for step, gap in zip(row[-2::-1], gaps[::-1], strict=True):
        leftwards.append(min(wanted[step], leftwards[-1] - gap))
    return {step: (a + b) / 2 for step, a, b in zip(row, rightwards, leftwards[::-1], strict=True)}


def draw(places, arrows, base, file):
    """Draw boxes and arrows."""
    from matplotlib import rc_context, rcdefaults, rcParams
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch

    left, right = min(places.values()), max(places.values())
    bottom = -max(k for k, _ in places) - 1
    at = {step: ((x - left) / (right - left), -step[0]) for step, x in places.items()}
    with rc_context():
        rcdefaults()
        rcParams.update({"svg.hashsalt": PACKAGE, "font.size": 9})
        figure = Figure(figsize=(7.5, 0.72 * (1 - bottom)), facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1), xlim=(-0.08, 1.08), ylim=(bottom - 0.5, 0.5))
        axes.set_axis_off()
        for arrow in arrows:
            line = _smooth([at[step] for step in arrow])
            look = {"arrowstyle": "-|>", "mutation_scale": 9, "color": "#666666", "linewidth": 0.8}
            axes.add_patch(FancyArrowPatch(path=line, **look, zorder=1))
        for (k, item), (x, y) in at.items():
            if isinstance(item, str):
                _box(axes, x, y, item, TINTS[k % len(TINTS)])
        _box(axes, 0.5, bottom, "used throughout:   " + "   ".join(base), "#eeeeee")
        figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def _box(axes, x, y, text, colour):
    box = {"boxstyle": "round,pad=0.35", "facecolor": colour, "edgecolor": INK}
    axes.text(x, y, text, ha="center", va="center", color=INK, bbox=box, zorder=2)


def _smooth(points):
    """A line through points that is upright in each of them, from box to box."""
    from matplotlib.path import Path as Line

    (x_0, y_0), *middle, (x_1, y_1) = points
    points = [(x_0, y_0 - 0.27), *middle, (x_1, y_1 + 0.27)]
    vertices, codes = [points[0]], [Line.MOVETO]
    for (x, y), (x_next, y_next) in pairwise(points):
        half = (y + y_next) / 2
        vertices += [(x, half), (x_next, half), (x_next, y_next)]
        codes += [Line.CURVE4] * 3
    return Line(vertices, codes)


def main():
    """Write the table and the picture."""
    pairs = edges(import_graph())
    write_edges(pairs, DOCS / "architecture.csv")
    rows, base = rows_of(pairs)
    drawn = {(a, b) for a, b in essential(pairs) if b not in base}
    draw(*arrange(rows, drawn), base, DOCS / "architecture.svg")


if __name__ == "__main__":
    main()
