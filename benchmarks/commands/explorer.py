"""``python -m benchmarks explorer``."""

import click

from benchmarks.commands.options import number, out_option


@click.command()
@number("--moves", 300, "Things moved, one after another.")
@number("--inputs", 8, "Input spikes of the neuron.")
@out_option
def explorer(out, moves, inputs):
    """Milliseconds of script and layout of the explorer in Chromium, for each thing moved.

    It needs what `make test-browser` needs.
    """
    from benchmarks.explorer import measure_explorer
    from benchmarks.report import Report, digits, table

    report = Report(out, "explorer", {"moves": moves, "inputs": inputs})
    report.say_header()
    frame = measure_explorer(moves, inputs)
    rows = [
        (f"{name}: {part}", *(digits(group[part].quantile(q)) for q in (0.5, 0.95, 1)))
        for name, group in (*frame.groupby("moved"), ("all", frame))
        for part in (("both",) if name != "all" else ("neuron", "rest", "both"))
    ]
    click.echo(f"\n{table(('what is moved, ms', 'median', '95 %', 'largest'), rows)}\n")
    report.save_frame(frame)
    report.save(milliseconds=frame.drop(columns="moved").describe().to_dict())
    report.say_where()
