"""RCSpikeLayer: exact in PyTorch, and a module like any other."""

import copy
import doctest
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the layers need the extra 'torch'")

import rcspike_brian as rb  # noqa: E402
from rcspike_brian import Network, SpikeTimeObjective  # noqa: E402
from rcspike_brian.errors import InvalidInput  # noqa: E402
from rcspike_brian.torch import (  # noqa: E402
    RCSpikeConv,
    RCSpikeLayer,
    RCSpikePool,
    sequential,
    to_network,
)

ROOT = Path(__file__).resolve().parents[1]

CIRCUITS = {
    "equal rails": 1.0,
    "unequal rails": (2.8, 1.53),
    "conventional": float("inf"),
    "resistive ramp": rb.Circuit.normalised(2.0, ramp="rc"),
}


def spike_times(batch, n_in, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    # Apart from each other, from the bias line and from the end: there, derivatives are one-sided.
    shuffled = torch.rand(batch, n_in, generator=generator).argsort(1)
    return ((shuffled + 0.5) / n_in).to(dtype).requires_grad_()


def layer(n_in=6, n_out=4, v_syn=1.0, dtype=torch.float64, **options):
    torch.manual_seed(1)
    made = RCSpikeLayer(n_in, n_out, v_syn, scale=2.0, dtype=dtype, **options)
    with torch.no_grad():
        made.w[-1] = 0.3
    return made


@pytest.mark.parametrize("output", ["times", "potentials"])
@pytest.mark.parametrize("v_syn", CIRCUITS.values(), ids=CIRCUITS)
def test_gradients_of_one_layer(v_syn, output):
    module = layer(v_syn=v_syn, output=output)
    inputs = spike_times(3, 6), module.w

    def call(times, w):
        return torch.func.functional_call(module, {"w": w}, (times,))

    assert torch.autograd.gradcheck(call, inputs, eps=1e-7, atol=1e-6)


@pytest.mark.parametrize("v_syn", CIRCUITS.values(), ids=CIRCUITS)
def test_gradients_of_three_layers(v_syn):
    network = rb.Network.random((6, 5, 4, 3), v_syn, seed=3, scale=2.0, dtype=np.float64)
    model = sequential(network)
    with torch.no_grad():
        for module in model:
            module.w[-1] = 0.3
    names = [name for name, _ in model.named_parameters()]

    def call(times, *weights):
        named = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(model, named, (times,))

    inputs = spike_times(3, 6), *model.parameters()
    assert torch.autograd.gradcheck(call, inputs, eps=1e-7, atol=1e-6)
    assert all(p.grad is None for p in model.parameters())
    call(*inputs).sum().backward()
    assert all(p.grad.abs().max() > 0 for p in model.parameters())


@pytest.mark.parametrize("v_syn", CIRCUITS.values(), ids=CIRCUITS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_is_the_same_here_and_there(v_syn, dtype):
    network = rb.Network.random((20, 30, 5), v_syn, seed=3, scale=3.0, dtype=dtype)
    model = sequential(network)
    times = spike_times(7, 20, model[0].w.dtype)
    tolerance = {"rtol": 0, "atol": 2e-5 if dtype == np.float32 else 1e-12}
    v = model(times)
    assert v.dtype == times.dtype
    np.testing.assert_allclose(v.detach(), network.potentials(times.detach().numpy()), **tolerance)
    by_layer = network.spike_times(times.detach().numpy())
    np.testing.assert_allclose(model[0](times).detach(), by_layer[0], **tolerance)
    last = sequential(network, output="times")(times)
    np.testing.assert_allclose(last.detach(), by_layer[1], **tolerance)
    back = to_network(model)
    assert back.circuit == network.circuit
    for mine, theirs in zip(back.weights, network.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_the_gradient_of_training_is_that_of_the_package():
    iris = rb.load_dataset("iris")
    network = rb.Network.random((4, 5, 3), seed=0, scale=2.0, dtype=np.float64)
    loss = rb.TrainingConfig().loss
    objective = rb.SpikeTimeObjective(network, iris.train_images, iris.train_labels, loss=loss)
    model = sequential(network)
    v = model(torch.tensor(network.input_spike_times(iris.train_images)))
    labels = torch.tensor(np.asarray(iris.train_labels), dtype=torch.int64)
    value = torch.nn.functional.cross_entropy(
        v / loss.temperature, labels, label_smoothing=loss.smoothing
    )
    (value + loss.window * ((v - 0.1) ** 2).sum(1).mean()).backward()
    by_theta = np.concatenate([p.grad.numpy().ravel() for p in model.parameters()])
    np.testing.assert_allclose(by_theta, objective.gradient(objective.start), atol=1e-10)


def test_clipped_spikes_do_not_move():
    module = RCSpikeLayer(1, 3, float("inf"), dtype=torch.float64)
    module.load_state_dict({"w": torch.tensor([[-1.0, 0.5, 4.0], [0.0, 0.0, 0.0]])})
    times = torch.tensor([[0.5]], dtype=torch.float64, requires_grad=True)
    t_out = module(times)
    t_out.sum().backward()
    assert t_out.tolist() == [[1.0, 0.75, 0.0]]
    assert module.w.grad[0].tolist() == [0.0, -0.5, 0.0]
    assert times.grad.item() == 0.5


def test_axes_in_front_strides_and_threads_do_not_matter():
    module = layer(20, 40, dtype=torch.float32)
    times = spike_times(12, 20, torch.float32).detach()
    want = module(times)
    assert torch.equal(module(times.T.contiguous().T), want)
    assert torch.equal(module(times.reshape(3, 4, 20)), want.reshape(3, 4, 40))
    assert torch.equal(module(times[0]), want[0])
    alone = copy.deepcopy(module)
    alone.threads = 1
    for one in (module, alone):
        (one(times.clone().requires_grad_()) ** 2).sum().backward()
    assert torch.equal(module.w.grad, alone.w.grad)
    # An upstream gradient whose elements share memory.
    module.zero_grad()
    module(times).sum().backward()
    assert module.w.grad.abs().sum() > 0


def test_an_empty_batch():
    module = layer()
    times = torch.empty(0, 6, dtype=torch.float64, requires_grad=True)
    out = module(times)
    assert out.shape == (0, 4)
    out.sum().backward()
    assert times.grad.shape == (0, 6)
    assert not module.w.grad.any()


def test_only_what_is_asked_for_has_a_gradient():
    module = layer()
    times = spike_times(2, 6)
    module(times.detach()).sum().backward()
    assert times.grad is None
    module.w.requires_grad_(False)
    module(times).sum().backward()
    assert times.grad.abs().sum() > 0
    with torch.no_grad():
        assert not module(times).requires_grad


def test_state_is_saved_and_loaded_and_copied():
    module = layer()
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other = RCSpikeLayer(6, 4, dtype=torch.float64)
    other.load_state_dict(torch.load(file))
    times = spike_times(2, 6)
    assert torch.equal(module(times), other(times))
    assert torch.equal(copy.deepcopy(module)(times), other(times))
    single = module.float()
    assert torch.allclose(single(times.float()).double(), other(times), atol=1e-5)
    assert "6, 4" in repr(module)
    assert "output='times'" in repr(module)


def test_layers_train_behind_a_convolution():
    """The place of a bright bar in an image: the ordinary layer in front learns as well."""
    torch.manual_seed(0)
    labels = torch.arange(96) % 4
    images = 0.1 * torch.rand(96, 1, 8, 8)
    for image, label in zip(images, labels, strict=True):
        image[0, 2 * label : 2 * label + 2] += 0.8
    convolution = torch.nn.Conv2d(1, 4, 3)
    layers = RCSpikeLayer(144, 20), RCSpikeLayer(20, 4, output="potentials")
    model = torch.nn.Sequential(convolution, torch.nn.Sigmoid(), torch.nn.Flatten(), *layers)
    before = convolution.weight.detach().clone()
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(80):
        optimiser.zero_grad()
        v = model(images)
        window = ((v - 0.1) ** 2).sum(1).mean()
        losses.append(torch.nn.functional.cross_entropy(v / 0.1, labels) + window)
        losses[-1].backward()
        optimiser.step()
    assert losses[-1] < 0.5 * losses[0]
    assert (v.argmax(1) == labels).float().mean() > 0.9
    assert not torch.equal(convolution.weight, before)


def test_bad_arguments_are_refused():
    for arguments, message in [
        ({"n_in": 0}, "n_in must be a whole number >= 1"),
        ({"n_out": 2.5}, "n_out must be a whole number"),
        ({"v_syn": -1.0}, "v_syn"),
        ({"output": "spikes"}, "output must be 'times' or 'potentials', got 'spikes'"),
        ({"dtype": torch.float16}, "dtype must be torch.float32 or torch.float64"),
        ({"dtype": "float32"}, "dtype must be torch.float32 or torch.float64, got 'float32'"),
        ({"scale": float("nan")}, "scale must be a finite number >= 0, got nan"),
        ({"scale": "large"}, "scale must be a finite number >= 0, got 'large'"),
        ({"threads": 0}, "threads must be a whole number >= 1"),
    ]:
        with pytest.raises(rb.InvalidInput, match=message):
            RCSpikeLayer(**{"n_in": 2, "n_out": 2, **arguments})


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (torch.full((2, 6), 0.5), "of the type of the weights, torch.float64, got torch.float32"),
        (torch.zeros(2, 6, dtype=torch.int64), "got torch.int64"),
        ([[0.5] * 6], "must be a tensor"),
        (torch.full((2, 5), 0.5, dtype=torch.float64), r"\(..., 6\), .* got \(2, 5\)"),
        (torch.tensor(0.5, dtype=torch.float64), r"got \(\)"),
        (torch.full((2, 6), 1.5, dtype=torch.float64), r"must lie in \[0, 1\].*got 1.5"),
        (torch.full((2, 6), -0.1, dtype=torch.float64), r"must lie in \[0, 1\].*got -0.1"),
        (torch.full((2, 6), np.nan, dtype=torch.float64), "spike_times must be finite, got nan"),
    ],
)
def test_bad_times_are_refused(times, message):
    with pytest.raises(rb.InvalidInput, match=message):
        layer()(times)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_not_finite_is_refused(dtype):
    module = layer(dtype=dtype)
    out = module(spike_times(2, 6, dtype))
    bad = torch.ones_like(out)
    bad[1, 2] = np.nan
    with pytest.raises(rb.InvalidInput, match="upstream must be finite, got nan"):
        out.backward(bad)
    with torch.no_grad():
        module.w[3, 1] = np.inf
    with pytest.raises(rb.InvalidInput, match="weights must be finite, got inf"):
        module(spike_times(2, 6, dtype))


def test_second_derivatives_are_refused_and_a_second_pass_is_noticed():
    module, times = layer(output="potentials"), spike_times(2, 6)
    (by_time,) = torch.autograd.grad((module(times) ** 2).sum(), times, create_graph=True)
    with pytest.raises(rb.InvalidInput, match="RCSpikeLayer has no second derivative"):
        by_time.sum().backward()
    out = module(times).sum()
    out.backward(retain_graph=True)
    first = module.w.grad.clone()
    out.backward()
    assert torch.equal(module.w.grad, 2 * first)
    with pytest.raises(RuntimeError, match="second time"):
        out.backward()


def test_networks_that_cannot_be_made_are_refused():
    network = rb.Network.random((4, 3, 2))
    with pytest.raises(rb.InvalidInput, match="1 to 2, got 3"):
        RCSpikeLayer.from_network(network, 3)
    with pytest.raises(rb.InvalidInput, match="module 1 is ReLU"):
        to_network(torch.nn.Sequential(RCSpikeLayer(2, 2), torch.nn.ReLU()))
    with pytest.raises(rb.InvalidInput, match="on one circuit"):
        to_network(torch.nn.Sequential(RCSpikeLayer(2, 2), RCSpikeLayer(2, 2, 8.0)))
    assert RCSpikeLayer.from_network(network, 2).to_network().sizes == (3, 2)


def python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("module", [None, torch.nn.Linear(2, 2), torch.nn.Sequential()])
def test_what_is_no_network_of_layers_is_refused(module):
    with pytest.raises(rb.InvalidInput, match="a network is made of RCSpikeLayer modules"):
        rb.torch.to_network(module)


def test_pytorch_is_loaded_when_it_is_used_only():
    code = "import sys, rcspike_brian as rb; rb.Network; rb.train; print('torch' in sys.modules)"
    assert python(code).strip() == "False"


def test_without_pytorch_one_message_names_the_extra():
    """When it is used: tools that look at all public names find these too."""
    code = """
import sys
sys.modules["torch"] = None
import rcspike_brian as rb
for make in (lambda: rb.torch.RCSpikeLayer(2, 2), lambda: rb.torch.sequential(NETWORK)):
    NETWORK = rb.Network.random((2, 2))
    try:
        make()
    except ImportError as error:
        print(isinstance(error, rb.MissingExtra), error)
"""
    lines = python(code).splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("True RCSpikeLayer needs PyTorch (")
        assert line.endswith("): pip install 'rcspike-brian[torch]'")


@pytest.mark.parametrize(
    ("page", "begin"), [("tools.md", "## PyTorch"), ("convolution.md", "# Convolution")]
)
def test_the_examples_of_the_documentation_run(page, begin):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    section = text.partition(begin)[2]
    examples = doctest.DocTestParser().get_doctest(section, {}, page, None, 0)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_convolutions_and_pools_are_the_same_here_and_there(dtype):
    sizes = ((2, 6, 6), "3C3", "P2", "4C2s1p1", 5, 2)
    network = Network.random(sizes, 1.3, seed=2, scale=3.0, dtype=dtype)
    model = sequential(network)
    x = np.random.default_rng(0).random((5, 72)).astype(dtype)
    inputs = torch.tensor(x, requires_grad=True)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    v = model(inputs)
    np.testing.assert_allclose(v.detach(), network.potentials(x), rtol=0, atol=tolerance)
    again = to_network(model)
    for mine, other in zip(network.layers, again.layers, strict=True):
        assert mine.settings() == other.settings()
        np.testing.assert_array_equal(mine.parameters, other.parameters)
    labels = [0, 1, 1, 0, 1]
    objective = SpikeTimeObjective(again, x.astype(float), labels)
    _, gradient = objective(objective.start)
    loss = network_loss(v, labels)
    loss.backward()
    found = np.concatenate([p.grad.numpy().ravel() for p in model.parameters()])
    np.testing.assert_allclose(found, gradient, rtol=0, atol=100 * tolerance)
    assert inputs.grad.abs().max() > 1e-3


def test_gradients_of_a_convolution_have_the_same_bits_with_any_number_of_threads():
    layer = RCSpikeConv(((16, 16, 16), 3, 1, 1), 8)
    times, upstream = torch.rand(1, 4096), torch.rand(1, 2048)
    before, found = torch.get_num_threads(), []
    for threads in [1, *[2] * 10]:
        torch.set_num_threads(threads)
        inputs = times.clone().requires_grad_()
        layer(inputs).backward(upstream)
        found.append(inputs.grad)
    torch.set_num_threads(before)
    assert found[0].abs().max() > 0
    assert all(torch.equal(one, found[0]) for one in found[1:])


@pytest.mark.parametrize("shape", [(0, 48), (48,), (2, 3, 48)])
def test_a_convolution_takes_any_number_of_axes(shape):
    layer = RCSpikeConv(((2, 4, 6), 3, 2, 1), 3)
    assert (layer.n_in, layer.n_out, tuple(layer.w.shape)) == (48, 18, (19, 3))
    assert layer(torch.rand(shape)).shape == (*shape[:-1], 3 * 2 * 3)


@pytest.mark.parametrize(
    ("window", "n_channels", "message"),
    [
        (((1, 8, 8), 3), 4, r"window must be \(\(channels, height, width\), size, stride, padding"),
        (((1, 8, 8), 3, 1, 1, 1), 4, "window must be"),
        (((1, 8, 8), 3, 1, 1), 0, "n_channels must be"),
    ],
)
def test_convolutions_that_cannot_be_are_refused(window, n_channels, message):
    with pytest.raises(InvalidInput, match=message):
        RCSpikeConv(window, n_channels)


def test_types_are_checked_before_patches_are_made():
    with pytest.raises(InvalidInput, match="must be a tensor of the type of the weights"):
        RCSpikeConv(((1, 4, 4), 3, 1, 1), 2)(torch.ones(16, dtype=torch.int64))


def network_loss(v, labels):
    """The default loss of `SpikeTimeObjective`, by PyTorch's own operations."""
    labels = torch.tensor(labels)
    entropy = torch.nn.functional.cross_entropy(v / 0.1, labels)
    return entropy + ((v - 0.1) ** 2).sum(1).mean()


def test_maps_of_another_size_are_refused():
    with pytest.raises(InvalidInput, match="whole map"):
        RCSpikeConv(((1, 5, 5), 3, 1, 1), 4)(torch.rand(2, 24))
    with pytest.raises(InvalidInput, match="whole map"):
        RCSpikePool((1, 4, 4), 2)(torch.rand(2, 15))
