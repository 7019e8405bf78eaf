"""Progress of long work: a bar, silence, or a function of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rcspike_brian.errors import InvalidInput

Progress = bool | Callable[[float, float], object]
"""What ``progress`` can be: True (a bar), False (nothing), or ``progress(done, total)``."""


@contextmanager
def progress_bar(
    progress: Progress, total: float, unit: str = "it", description: str = "", done: float = 0
) -> Iterator[Callable[..., None]]:
    """Report progress in the way that the caller asked for.

    A function is called as ``progress(done, total)``, first before anything is done. ``unit`` and
    ``description`` are for the bar. Yields ``update(n=1, note="")``: so much more is done; the note
    is shown beside the bar.

    Examples
    --------
    >>> with progress_bar(lambda done, total: print(done, "of", total), 2) as update:
    ...     update(2)
    0 of 2
    2 of 2
    """
    if callable(progress):
        yield _counter(progress, total, done)
        return
    if not isinstance(progress, bool):
        raise InvalidInput(f"progress must be True, False or a function, got {progress!r}")
    from tqdm.auto import tqdm  # at import it warns in a notebook without ipywidgets

    options = {"unit": unit, "desc": description, "disable": not progress, "dynamic_ncols": True}
    # Little smoothing: epochs of different networks take different times.
    with tqdm(total=total, initial=done, smoothing=0.05, **options) as bar:

        def update(n=1, note=""):
            bar.update(n)
            if note:
                bar.set_postfix_str(note)

        yield update


def _counter(function, total, done):
    function(done, total)

    def update(n=1, note=""):
        nonlocal done
        done += n
        function(done, total)

    return update
