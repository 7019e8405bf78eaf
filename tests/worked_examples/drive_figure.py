"""A figure: end potential against the drive voltage."""

from rcspike_brian.figures import add_caption, new_figure, style


def drive_figure(frame):
    """Draw v(T) against V_syn.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns v_syn and v_end.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with style():
        figure, axes = new_figure(height=2.2)
        axes.semilogx(frame["v_syn"], frame["v_end"], marker="o")
        axes.set(xlabel=r"$V_\mathrm{syn} / V_\mathrm{th}$", ylabel=r"$V(T) / V_\mathrm{th}$")
        add_caption(figure, "End potential of one neuron; the weights are the same for all points.")
    return figure
