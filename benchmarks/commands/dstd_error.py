"""``python -m benchmarks dstd-error``."""

import click

from benchmarks.commands.options import need_torch, number, numbers, run_options


@click.command("dstd-error")
@numbers("--steps", "2,3,4,6,8,12,16,24,32,48,64", "Numbers of steps M.")
@numbers(
    "--reversals", "0.5,1,2,4,8,16,32,64,128,256,512", "Values of |E| in units of V_th.", float
)
@number("--n-in", 784, "Inputs.")
@run_options
def dstd_error(out, threads, **options):
    """Error of DSTD against the exact solution over M and |E|."""
    need_torch()
    import pandas as pd

    from benchmarks import plots
    from benchmarks.dstd_error import measure_errors, slopes, slopes_table
    from benchmarks.report import Report

    report = Report(out, "dstd-error", options)
    rows = measure_errors(**options, threads=threads)
    fits = slopes(rows)
    report.save(rows=rows, slopes=fits)
    frame = pd.DataFrame(rows)
    report.save_frame(frame)
    report.save_figure(plots.error_figure(frame, plots.error_caption(options["n_in"])))
    click.echo(f"{slopes_table(fits)}\n")
    report.say_where()
