"""The grid of Figure 3 and its execution one cell after another."""

import math
from dataclasses import replace

from rcspike_brian.sweeps.cell import Cell, run_cell


def figure3_cells(datasets, v_syns, seeds, config):
    """All cells of Figure 3.

    Parameters
    ----------
    datasets : sequence of str
    v_syn : sequence of float
        Drive voltages in units of V_th; the conventional circuit is added if it is not among them.
    seeds : sequence of int
    config : TrainingConfig
        Everything else.

    Returns
    -------
    list of Cell
        RC-Spike at every drive voltage; the conventional circuit, which is also mapped to every
        drive voltage without retraining; an ordinary ReLU network.
    """
    finite = tuple(sorted(v for v in v_syns if math.isfinite(v)))
    cells = []
    for dataset in datasets:
        for seed in seeds:
            base = replace(config, seed=seed)
            conventional = replace(base, v_syn=math.inf)
            cells += [Cell(dataset, replace(base, v_syn=v)) for v in finite]
            cells.append(Cell(dataset, conventional, mapped_to=finite))
            cells.append(Cell(dataset, conventional, relu=True))
    return cells


def run_cells(cells, datasets, *, threads=None, progress=True):
    """Run cells one after another in this process.

    Parameters
    ----------
    cells : sequence of Cell
    datasets : dict
        Data set of each name.
    threads : int, optional
    progress : bool

    Returns
    -------
    pandas.DataFrame
        One row per accuracy; see `run_cell`.
    """
    import pandas as pd
    from tqdm.auto import tqdm

    rows = []
    with tqdm(cells, unit="network", disable=not progress, dynamic_ncols=True) as bar:
        for cell in bar:
            bar.set_description(f"{cell.dataset}, {cell.model}, V_syn/V_th = {cell.config.v_syn:g}")
            rows += run_cell(cell, datasets[cell.dataset], threads=threads)
    return pd.DataFrame(rows)
