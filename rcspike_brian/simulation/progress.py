"""Progress reports, in Brian2's form: ``report(elapsed, completed, start, duration)``."""

from contextlib import contextmanager

from brian2.units import second

from rcspike_brian.errors import InvalidInput

REPORT_PERIOD = 0.5 * second


@contextmanager
def reporter(report):
    """Turn the ``report`` argument into what Brian2 takes, for the time of the block."""
    if report is not None and report not in ("text", "progressbar") and not callable(report):
        raise InvalidInput(
            f"report must be None, 'text', 'progressbar' or a function, got {report!r}."
        )
    if report != "progressbar":
        yield report
        return
    from tqdm.auto import tqdm  # at import it warns in a notebook without ipywidgets

    bar_format = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
    with tqdm(total=1.0, desc="simulating", bar_format=bar_format) as bar:

        def show(elapsed, completed, start, duration):
            bar.update(completed - bar.n)

        yield show
