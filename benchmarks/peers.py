"""Who is measured, and the ways in which each peer can be written.

A peer is run in the fastest of its variants, which a short trial on the machine itself finds.
"""

from dataclasses import dataclass

# Large tensors come from fresh pages otherwise, and faulting them in takes most of the time.
_HUGE_PAGES = {"THP_MEM_ALLOC_ENABLE": "1"}


@dataclass(frozen=True)
class Variant:
    """One way to write or to start a peer."""

    name: str
    settings: dict
    environment: dict
    one_thread: bool = False


@dataclass(frozen=True)
class Peer:
    """A program that trains the same network, or an ordinary one of the same shape.

    Parameters
    ----------
    title : str
        For tables.
    worker : str
        Module that measures it.
    settings : dict
        Its settings, the same for all variants.
    variants : tuple of Variant
    expensive : bool
        Measured on some batches and scaled to an epoch.
    trial_batches : int
        Batches of a trial of its variants.
    """

    title: str
    worker: str
    settings: dict
    variants: tuple = (Variant("", {}, {}),)
    expensive: bool = True
    trial_batches: int = 6


def _mlp_variants(compiled=False):
    return tuple(
        Variant(
            f"{inputs} images, {adam} Adam{', one thread' if one_thread else ''}",
            {"inputs": inputs, "adam": adam, "compiled": compiled},
            {},
            one_thread,
        )
        for inputs in ("float32", "uint8")
        for adam in ("fused", "foreach")
        for one_thread in (False, True)
    )


def _layer_variants():
    # More threads of PyTorch would spin, waiting for each other, where those of the layers work.
    settings = {"torch_threads": 1}
    return tuple(
        Variant(f"{adam} Adam", {"adam": adam, **settings}, {}) for adam in ("fused", "foreach")
    )


def _closed_form(title, only_spiking):
    variants = tuple(
        Variant(
            f"{form}, {'huge pages' if pages else 'default allocation'}",
            {"form": form},
            pages,
        )
        for form in ("sums", "steps")
        for pages in ({}, _HUGE_PAGES)
    )
    return Peer(
        title, "worker_torch", {"model": "closed-form", "only_spiking": only_spiking}, variants
    )


def _dstd(steps):
    return Peer(f"RC-Spike, DSTD, {steps} steps", "worker_torch", {"model": "dstd", "steps": steps})


PACKAGE = Peer("this package", "worker_rcspike", {}, expensive=False)

PEERS = {
    "mlp": Peer(
        "ReLU MLP", "worker_torch", {"model": "mlp"}, _mlp_variants(), False, trial_batches=300
    ),
    "mlp-compiled": Peer(
        "ReLU MLP, torch.compile",
        "worker_torch",
        {"model": "mlp"},
        _mlp_variants(compiled=True),
        False,
        trial_batches=300,
    ),
    "layers": Peer(
        "RCSpikeLayer, Adam in PyTorch",
        "worker_torch",
        {"model": "layers"},
        _layer_variants(),
        False,
        trial_batches=300,
    ),
    "closed-form": _closed_form("RC-Spike, autograd, all inputs", False),
    "closed-form-spiking": _closed_form("RC-Spike, autograd, inputs that spike", True),
    "dstd-5": _dstd(5),
    "dstd-15": _dstd(15),
    "dstd-64": _dstd(64),
}
DEFAULT = tuple(name for name in PEERS if name != "mlp-compiled")
