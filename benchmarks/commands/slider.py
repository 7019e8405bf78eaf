"""``python -m benchmarks slider``."""

import click

from benchmarks.commands.options import number, out_option


@click.command()
@number("--moves", 200, "Sliders moved, one after another.")
@number("--inputs", 5, "Input spikes of the neuron.")
@out_option
def slider(out, moves, inputs):
    """Milliseconds of computation from a moved slider to its picture."""
    from benchmarks.report import Report, digits, table
    from benchmarks.slider import measure_slider

    report = Report(out, "slider", {"moves": moves, "inputs": inputs})
    report.say_header()
    frame = measure_slider(moves, inputs)
    rows = [
        (
            f"{name}: {part}",
            digits(group[part].median()),
            digits(group[part].quantile(0.95)),
            digits(group[part].max()),
        )
        for name, group in (*frame.groupby("slider"), ("all sliders", frame))
        for part in (("total",) if name != "all sliders" else ("solve", "draw", "encode", "total"))
    ]
    head = ("from the slider to the picture, ms", "median", "95 %", "largest")
    click.echo(f"\n{table(head, rows)}\n")
    report.save_frame(frame)
    report.save(milliseconds=frame.drop(columns="slider").describe().to_dict())
    report.say_where()
