"""RC-Spike: in-memory computing without active parts, as a time-to-first-spike network.

The public names are those of ``__init__.pyi`` beside this file, which editors and type checkers
read. Each is imported when it is first used, so that ``import rcspike_brian`` is quick and loads
neither Brian2 nor matplotlib.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
