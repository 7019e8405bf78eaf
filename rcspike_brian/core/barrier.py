"""Let the threads of a compiled function wait for each other.

Between the steps of a training batch there is too little to do to wake a sleeping thread: threads
spin instead. After a while they offer the processor to others, so that a busy machine slows them
down but two programs never block each other.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from rcspike_brian.core.compiling import compiled

GIVEN_UP = -(2**62)
"""In ``arrived``: somebody will not come, so nobody need wait."""

_SPINS = 20_000  # some tens of microseconds
FOREVER = 2**62
"""Turns of a thread that waits until what it waits for has come."""


def _counter(context, builder, sig, args):
    """Address of the first element of an int64 array."""
    return cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0]).data


def _is_counter(array):
    return isinstance(array, types.Array) and array.dtype == types.int64


@intrinsic
def increase(typingctx, counter):
    """Add 1, visible to all threads together with everything written before; gives what it was.

    A counter that all threads increase hands out tasks, each to one of them.
    """
    if not _is_counter(counter):
        return None

    def codegen(context, builder, sig, args):
        one = ir.IntType(64)(1)
        return builder.atomic_rmw("add", _counter(context, builder, sig, args), one, "acq_rel")

    return types.int64(counter), codegen


@intrinsic
def _read(typingctx, counter):
    """The value now, and with it what other threads wrote before they increased it."""
    if not _is_counter(counter):
        return None

    def codegen(context, builder, sig, args):
        return builder.load_atomic(_counter(context, builder, sig, args), "acquire", align=8)

    return types.int64(counter), codegen


@intrinsic
def _give_way(typingctx):
    """Let another thread or program have the processor."""

    def codegen(context, builder, sig, args):
        kind = ir.FunctionType(ir.IntType(32), [])
        function = cgutils.get_or_insert_function(builder.module, kind, "sched_yield")
        return builder.call(function, [])

    return types.int32(), codegen


@compiled
def wait_for(counter, count, turns):
    """Wait until the counter (1,) int64 has come to ``count``; returns whether it has.

    A thread that has waited for so many turns goes away, and all do from a counter below 0.
    """
    turn = 0
    present = _read(counter)
    while 0 <= present < count and turn < turns:
        turn += 1
        if turn > _SPINS:
            _give_way()
        present = _read(counter)
    return present >= count


@compiled
def barrier_wait(arrived, generation, parties):
    """Return True when all ``parties``, running threads, have called this for a generation.

    ``arrived`` (1,) int64 is shared by them and 0 before the first generation, which is number 1.
    Once it is `GIVEN_UP`, all who wait or come later return False.
    """
    increase(arrived)
    return wait_for(arrived, generation * parties, FOREVER)
