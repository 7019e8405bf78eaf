"""One RC-Spike layer in PyTorch: by autograd through the closed form, and by DSTD.

All functions take spike times t (batch, n_in) in [0, 1], normalised weights (n_in, n_out) and one
beta for both signs, and return v(1) as (batch, n_out).
"""

import torch
from torch.nn.functional import embedding


class _Relaxation(torch.autograd.Function):
    """phi(x) = (1 - exp(-x))/x for x >= 0.

    By plain autograd, its derivative would be 0/0 at x = 0 and lose most digits near it.
    """

    @staticmethod
    def forward(ctx, x):
        phi = torch.expm1(-x).neg_().div_(x.clamp_min(1e-30)).masked_fill_(x < 1e-30, 1)
        ctx.save_for_backward(x, phi)
        return phi

    @staticmethod
    def backward(ctx, upstream):
        x, phi = ctx.saved_tensors
        series = x * (x * (x * (x / 144 - 1 / 30) + 1 / 8) - 1 / 3) + 1 / 2
        return -upstream * torch.where(x < 0.05, series, phi - (1 - phi) / x)


relaxation = _Relaxation.apply


def _sorted(times, weights, only_spiking, dim):
    """Durations of the segments and the weights of each sample in the order of its spikes.

    ``only_spiking`` leaves out as many of the last inputs as are silent in every sample.
    """
    kept = int((times < 1).sum(1).max()) if only_spiking else times.shape[1]
    ordered, order = torch.sort(times if dim == 1 else times.T, dim)
    ordered, order = ordered.narrow(dim, 0, kept), order.narrow(dim, 0, kept)
    end = torch.ones_like(ordered.narrow(dim, 0, 1))
    durations = torch.diff(ordered, dim=dim, append=end).unsqueeze(2)
    return durations, embedding(order, weights)


def closed_form_sums(times, weights, beta, only_spiking=False):
    """Exact solution as a sum over segments: cumulative sums and exponentials of whole tensors."""
    durations, w = _sorted(times, weights, only_spiking, dim=1)
    current, conductance = w.cumsum(1), (beta * w.abs()).cumsum(1)
    x = conductance * durations
    total = x.cumsum(1)
    return (current * durations * relaxation(x) * torch.exp(total - total[:, -1:])).sum(1)


def closed_form_steps(times, weights, beta, only_spiking=False):
    """Exact solution from input spike to input spike: each tensor is small and stays in the cache.

    v += (g D - v x) phi(x), x = f D, after g += w and f += beta |w|.
    """
    durations, w = _sorted(times, weights, only_spiking, dim=0)
    v = current = conductance = w.new_zeros(w.shape[1:])
    for w_k, duration in zip(w.unbind(0), durations.unbind(0), strict=True):
        current = current + w_k
        conductance = torch.add(conductance, w_k.abs(), alpha=beta)
        x = conductance * duration
        kick = torch.addcmul(current * duration, v, x, value=-1)
        v = torch.addcmul(v, kick, relaxation(x))
    return v


CLOSED_FORMS = {"sums": closed_form_sums, "steps": closed_form_steps}


def dstd(times, weights, beta, steps):
    """Differentiable spike-time discretisation with ``steps`` steps.

    The fraction of a step during which input j is on, clip((m + 1) - M t_j, 0, 1), is piecewise
    linear in t_j. Current and conductance are averaged over each step, which is a matrix product,
    and the relaxation within a step is then exact. A spike inside a step is thereby shared between
    its two ends. The error is of second order in 1/M.
    """
    ends = torch.arange(1, steps + 1, dtype=times.dtype)
    share = (ends[:, None, None] - steps * times).clamp(0, 1)
    both = share.flatten(0, 1) @ torch.cat([weights, beta * weights.abs()], 1)
    current, conductance = both.unflatten(0, (steps, -1)).chunk(2, 2)
    x = conductance / steps
    total = x.cumsum(0)
    return (current / steps * relaxation(x) * torch.exp(total - total[-1:])).sum(0)
