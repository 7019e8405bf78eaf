"""How compiled functions call each other."""

from numba import types
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
