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

import functools
import inspect
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
    """Type of ``LANES`` floating-point numbers that live in registers; ``dtype`` is theirs."""

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


def _as_vectors(context, builder, sig, args, wanted):
    """The operands, which may be numbers, as vectors of the wanted type."""
    return [
        value
        if isinstance(given, Vector)
        else _all_lanes(builder, context.cast(builder, value, given, wanted.dtype))
        for value, given in zip(args, sig.args, strict=True)
    ]


def _vector_type(args):
    """The one type of vectors among the arguments, the others being numbers; else None."""
    vectors = [a for a in args if isinstance(a, Vector)]
    numbers = [a for a in args if isinstance(a, types.Number)]
    fits = vectors and len(vectors) + len(numbers) == len(args) and len(set(vectors)) == 1
    return vectors[0] if fits else None


class _Arithmetic(AbstractTemplate):
    def generic(self, args, kws):
        vector = _vector_type(args) if len(args) == 2 else None
        return vector and signature(vector, *args)


def _lower(function, instruction):
    infer_global(function)(type(f"_Vector_{function.__name__}", (_Arithmetic,), {}))

    def lowered(context, builder, sig, args):
        operands = _as_vectors(context, builder, sig, args, sig.return_type)
        return getattr(builder, instruction)(*operands, flags=_FLAGS)

    for operands in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(function, *operands)(lowered)


_lower(operator.add, "fadd")
_lower(operator.sub, "fsub")
_lower(operator.mul, "fmul")
_lower(operator.truediv, "fdiv")


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

    def codegen(context, builder, sig, args):
        return builder.load(_pointer(context, builder, sig, args), align=_alignment(array))

    return Vector(array.dtype)(array, start), codegen


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


def _of_vectors(result=lambda vector: vector):
    """Intrinsic of vectors of one type, or of numbers, from what emits its instructions."""

    def decorate(emit):
        @functools.wraps(emit)  # and its signature: Numba drops the first parameter
        def typed(typingctx, *args):
            vector = _vector_type(args)
            if vector is None or len(args) != len(inspect.signature(emit).parameters) - 1:
                return None

            def codegen(context, builder, sig, values):
                return emit(builder, *_as_vectors(context, builder, sig, values, vector))

            return result(vector)(*args), codegen

        return intrinsic(typed)

    return decorate


def _lane_by_lane(builder, name, vector):
    """A function of one vector that LLVM knows, such as sqrt."""
    kind = ir.FunctionType(vector.type, [vector.type])
    name = f"llvm.{name}.v{LANES}{vector.type.element.intrinsic_name}"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [vector])


def _constant(kind, number):
    return ir.Constant(kind, [number] * LANES)


@_of_vectors()
def magnitude(builder, vector):
    """Absolute value of every lane."""
    return _lane_by_lane(builder, "fabs", vector)


@_of_vectors()
def root(builder, vector):
    """Square root of every lane."""
    return _lane_by_lane(builder, "sqrt", vector)


@_of_vectors()
def signed(builder, size, vector):
    """``size`` in lanes where the vector is > 0, ``-size`` where it is < 0, 0 elsewhere."""
    width = 32 if isinstance(size.type.element, ir.FloatType) else 64
    bits = ir.VectorType(ir.IntType(width), LANES)
    sign = builder.and_(builder.bitcast(vector, bits), _constant(bits, 1 << (width - 1)))
    result = builder.bitcast(builder.xor(builder.bitcast(size, bits), sign), size.type)
    zero = _constant(size.type, 0.0)
    return builder.select(builder.fcmp_ordered("!=", vector, zero), result, zero)


@_of_vectors(result=lambda vector: types.boolean)
def any_above(builder, vector, bound):
    """Whether any lane exceeds the number."""
    exceeds = builder.fcmp_ordered(">", vector, bound)
    bits = builder.bitcast(exceeds, ir.IntType(LANES))
    return builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(LANES), 0))


@_of_vectors()
def one_more(builder, counts, vector, bound):
    """Counts, one more in lanes where the vector exceeds the number."""
    more = builder.fadd(counts, _constant(counts.type, 1.0), flags=_FLAGS)
    return builder.select(builder.fcmp_ordered(">", vector, bound), more, counts)


@_of_vectors()
def without_small(builder, vector, bound):
    """The vector, with 0 in lanes whose magnitude does not exceed the number."""
    large = builder.fcmp_ordered(">", _lane_by_lane(builder, "fabs", vector), bound)
    return builder.select(large, vector, _constant(vector.type, 0.0))


@_of_vectors(result=lambda vector: vector.dtype)
def total(builder, vector):
    """Sum of the lanes, halves added to halves: the same on every machine."""
    width = LANES
    while width > 1:
        width //= 2
        kind = ir.VectorType(ir.IntType(32), width)
        halves = [
            builder.shuffle_vector(vector, vector, ir.Constant(kind, list(range(k, k + width))))
            for k in (0, width)
        ]
        vector = builder.fadd(*halves, flags=_FLAGS)
    return builder.extract_element(vector, ir.IntType(32)(0))
