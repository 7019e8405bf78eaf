"""Measurements of this package against its peers; run as ``python -m benchmarks``.

Not part of the installed package. Every measurement runs in a process of its own (the modules
``worker_*``), which prints one line of JSON; this process only starts them and reports.
"""
