"""How compiled functions call each other, and hand on arrays."""

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def no_inline(typingctx):
    """Keep the function that says this a function of its own.

    A loop over vector registers that LLVM moves into a large caller competes there for registers,
    and can end up several times as slow.
    """

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def without_refcount(typingctx, value):
    """The same array, or the same tuple of arrays and numbers, without a count of references.

    Compiled code counts the references to an array's memory whenever it takes a view of it or hands
    it on. Threads that share an array share that count as well, and its cache line travels between
    their processors several times per sample. A kernel whose caller holds on to the arrays can do
    without. What this gives must not outlive the call: nothing keeps its memory.
    """

    def codegen(context, builder, sig, args):
        return _without_owner(context, builder, sig.args[0], args[0])

    return value(value), codegen


def _without_owner(context, builder, kind, value):
    if isinstance(kind, types.Array):
        array = cgutils.create_struct_proxy(kind)(context, builder, value=value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for i, element in enumerate(kind.types):
            part = builder.extract_value(value, i)
            part = _without_owner(context, builder, element, part)
            value = builder.insert_value(value, part, i)
    return value
