"""Say once that numba compiles, before it does: it takes most of a minute and shows nothing."""

import sys

from numba.core import event

_PACKAGE = __name__.partition(".")[0]


class _Notice(event.Listener):
    """Hears of every function that numba compiles because its cache does not have it."""

    said = False

    def on_start(self, event):
        """Tell the user on standard error, of the first function of this package."""
        function = event.data["dispatcher"].py_func
        if not self.said and function.__module__.partition(".")[0] == _PACKAGE:
            self.said = True
            print(
                "compiling the exact solver (once for this version and machine, about half a "
                "minute) ...",
                file=sys.stderr,
                flush=True,
            )

    def on_end(self, event):
        """Nothing to say."""


NOTICE = _Notice()
event.register("numba:compile", NOTICE)
