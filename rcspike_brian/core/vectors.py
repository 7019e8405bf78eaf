"""Sixteen neurons at a time in vector registers, for compiled functions.

The state of a neuron must stay in registers from one input spike to the next: through memory, a
sweep costs several times as much. Compilers vectorise loops over arrays but do not keep what such
a loop leaves in an array, so this module gives compiled functions a type for it. A `Vector` is a
plain value with ``LANES`` elements of one float type, and ``+``, ``-``, ``*`` and ``/`` between
vectors or with a number work on all of them. LLVM splits it into whatever registers the processor
has.

`load` and `store` address a flat array by element and check no bounds: callers allocate through
`rcspike_brian.core.layout`.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

LANES = 16
"""Elements of a vector: one AVX-512 register in single precision."""

# Multiply-adds may be fused; callers refuse NaN, and no result depends on the sign of a zero.
_FLAGS = ("contract", "nnan", "nsz")


class Vector(types.Type):
    """Type of ``LANES`` floating-point numbers that live in registers.

    Parameters
    ----------
    dtype : numba.types.Float
    """

    def __init__(self, dtype):
        self.dtype = dtype
        super().__init__(name=f"Vector({dtype})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        element = dmm.lookup(fe_type.dtype).get_value_type()
        super().__init__(dmm, fe_type, ir.VectorType(element, LANES))


def _all_lanes(builder, value):
    """Vector with the scalar ``value`` in every lane."""
    vector = ir.Constant(ir.VectorType(value.type, LANES), ir.Undefined)
    vector = builder.insert_element(vector, value, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(vector, vector, mask)


def _as_vector(context, builder, value, given, wanted):
    """An operand, which may be a number, as a vector of the wanted type."""
    if isinstance(given, Vector):
        return value
    return _all_lanes(builder, context.cast(builder, value, given, wanted.dtype))


class _Arithmetic(AbstractTemplate):
    def generic(self, args, kws):
        vectors = [a for a in args if isinstance(a, Vector)]
        numbers = [a for a in args if isinstance(a, types.Number)]
        if vectors and len(vectors) + len(numbers) == 2 and vectors[0] == vectors[-1]:
            return signature(vectors[0], *args)
        return None


def _lower(function, instruction):
    infer_global(function)(type(f"_Vector_{function.__name__}", (_Arithmetic,), {}))

    def lowered(context, builder, sig, args):
        operands = [
            _as_vector(context, builder, value, given, sig.return_type)
            for value, given in zip(args, sig.args, strict=True)
        ]
        return getattr(builder, instruction)(*operands, flags=_FLAGS)

    for operands in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(function, *operands)(lowered)


for _function, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _lower(_function, _instruction)


def _pointer(context, builder, sig, args):
    """Address of a vector, from an array and an index as the first two arguments."""
    array = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0])
    index = context.cast(builder, args[1], sig.args[1], types.intp)
    shape = context.get_value_type(Vector(sig.args[0].dtype))
    return builder.bitcast(builder.gep(array.data, [index]), shape.as_pointer())


def _alignment(array):
    """Bytes to rely on: the element's only, whatever the array was made with."""
    return array.dtype.bitwidth // 8


def _is_flat(array):
    return isinstance(array, types.Array) and array.layout == "C"


@intrinsic
def load(typingctx, array, start):
    """Elements ``start`` to ``start + LANES`` of a contiguous array, counted flat."""
    if not (_is_flat(array) and isinstance(start, types.Integer)):
        return None
    vector = Vector(array.dtype)

    def codegen(context, builder, sig, args):
        return builder.load(_pointer(context, builder, sig, args), align=_alignment(array))

    return vector(array, start), codegen


@intrinsic
def store(typingctx, array, start, vector):
    """Write a vector to the elements ``start`` to ``start + LANES``."""
    fits = _is_flat(array) and isinstance(vector, Vector) and array.dtype == vector.dtype
    if not (fits and isinstance(start, types.Integer)):
        return None

    def codegen(context, builder, sig, args):
        builder.store(args[2], _pointer(context, builder, sig, args), align=_alignment(array))
        return context.get_dummy_value()

    return types.void(array, start, vector), codegen


@intrinsic
def filled(typingctx, number):
    """A vector with the number in every lane."""
    if not isinstance(number, types.Float):
        return None

    def codegen(context, builder, sig, args):
        return _all_lanes(builder, args[0])

    return Vector(number)(number), codegen


def _lane_by_lane(builder, name, vector, dtype):
    """A function of one vector that LLVM knows, such as sqrt."""
    kind = ir.FunctionType(vector.type, [vector.type])
    name = f"llvm.{name}.v{LANES}f{dtype.bitwidth}"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [vector])


@intrinsic
def magnitude(typingctx, vector):
    """Absolute value of every lane."""
    if not isinstance(vector, Vector):
        return None

    def codegen(context, builder, sig, args):
        return _lane_by_lane(builder, "fabs", args[0], vector.dtype)

    return vector(vector), codegen


@intrinsic
def signed(typingctx, size, vector):
    """``size`` in lanes where the vector is > 0, ``-size`` where it is < 0, 0 elsewhere."""
    if not (isinstance(size, Vector) and size == vector):
        return None

    def codegen(context, builder, sig, args):
        bits = ir.VectorType(ir.IntType(size.dtype.bitwidth), LANES)
        top = ir.Constant(bits, [1 << (size.dtype.bitwidth - 1)] * LANES)
        sign = builder.and_(builder.bitcast(args[1], bits), top)
        result = builder.bitcast(builder.xor(builder.bitcast(args[0], bits), sign), args[0].type)
        zero = ir.Constant(args[0].type, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered("!=", args[1], zero), result, zero)

    return size(size, vector), codegen


def _above(context, builder, vector, bound, kind, bound_kind):
    """A bit per lane: where a vector exceeds a number."""
    bounds = _as_vector(context, builder, bound, bound_kind, kind)
    return builder.fcmp_ordered(">", vector, bounds)


@intrinsic
def any_above(typingctx, vector, bound):
    """Whether any lane exceeds the number."""
    if not (isinstance(vector, Vector) and isinstance(bound, types.Number)):
        return None

    def codegen(context, builder, sig, args):
        exceeds = _above(context, builder, *args, *sig.args)
        bits = builder.bitcast(exceeds, ir.IntType(LANES))
        return builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(LANES), 0))

    return types.boolean(vector, bound), codegen


@intrinsic
def one_more(typingctx, counts, vector, bound):
    """Counts, one more in lanes where the vector exceeds the number."""
    if not (isinstance(vector, Vector) and counts == vector and isinstance(bound, types.Number)):
        return None

    def codegen(context, builder, sig, args):
        counts, vector, bound = args
        one = ir.Constant(counts.type, [1.0] * LANES)
        exceeds = _above(context, builder, vector, bound, *sig.args[1:])
        return builder.select(exceeds, builder.fadd(counts, one, flags=_FLAGS), counts)

    return counts(counts, vector, bound), codegen


@intrinsic
def total(typingctx, vector):
    """Sum of the lanes, halves added to halves: the same on every machine."""
    if not isinstance(vector, Vector):
        return None

    def codegen(context, builder, sig, args):
        part, width = args[0], LANES
        while width > 1:
            width //= 2
            halves = [
                builder.shuffle_vector(
                    part,
                    part,
                    ir.Constant(
                        ir.VectorType(ir.IntType(32), width), list(range(first, first + width))
                    ),
                )
                for first in (0, width)
            ]
            part = builder.fadd(*halves, flags=_FLAGS)
        return builder.extract_element(part, ir.IntType(32)(0))

    return vector.dtype(vector), codegen


@intrinsic
def root(typingctx, vector):
    """Square root of every lane."""
    if not isinstance(vector, Vector):
        return None

    def codegen(context, builder, sig, args):
        return _lane_by_lane(builder, "sqrt", args[0], vector.dtype)

    return vector(vector), codegen


@intrinsic
def without_small(typingctx, vector, bound):
    """The vector, with 0 in lanes whose magnitude does not exceed the number."""
    if not (isinstance(vector, Vector) and isinstance(bound, types.Number)):
        return None

    def codegen(context, builder, sig, args):
        bounds = _as_vector(context, builder, args[1], sig.args[1], sig.args[0])
        size = _lane_by_lane(builder, "fabs", args[0], vector.dtype)
        large = builder.fcmp_ordered(">", size, bounds)
        return builder.select(large, args[0], ir.Constant(args[0].type, [0.0] * LANES))

    return vector(vector, bound), codegen
