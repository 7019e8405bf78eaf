"""What the texts of the notebooks claim of their solutions and cells, as assertions.

A number names the exercise whose solution has just run; a text, the code cell that contains it. The
code runs in the notebook's kernel, so it sees what the solution computed.
"""

CLAIMS = {
    "01_membrane_dynamics": {
        "potential_at_the_end(spike_times, weights, beta)": """
            assert abs(potential_at_the_end(SPIKE_TIMES, WEIGHTS, 0.0) - mac) < 1e-12
            assert abs(potential_at_the_end(SPIKE_TIMES, WEIGHTS, 1.0) - 0.191028) < 1e-6
        """,
        "by_hand =": "assert abs(by_package.item() - by_hand) < 1e-12",
        "v_end = recording": "assert abs(v_end - by_package.item()) < 2e-3",
        "for v in (-0.2,": """
            assert circuit.spike_time(-0.2) == 1  # the text: "one below zero does not fire"
            assert abs(circuit.spike_time(0.191) - 0.809) < 1e-12
        """,
        1: """
            losses = [1 - rb.membrane_potential([[0.0]], [[1.0]], 1 / v).item() for v in (49, 51)]
            assert losses[1] < 0.01 < losses[0] + 1e-4
        """,
        2: """
            v = rb.membrane_potential([[0.0, 0.5]], [[1.0], [-1.0]], 1.0).item()
            assert abs(v - (1 - np.exp(-0.5)) * np.exp(-1)) < 1e-12
            assert abs(v + rb.membrane_potential([[0.0, 0.5]], [[-1.0], [1.0]], 1.0).item()) < 1e-12
            assert abs(v - 0.145) < 5e-4
        """,
        3: """
            assert abs(real.beta[0] - 1 / 0.7) < 1e-12
            assert abs(ratios["with V_d"] - 0.7) < 1e-12
            assert abs(ratios["4 V_syn"] - 4) < 1e-12
        """,
        4: """
            assert abs(leaky) < abs(by_package.item())
            assert abs(course[499] - 0.185) < 2e-3
            assert max(course) < 1  # it never fires
        """,
        5: "assert abs(0.5 * np.exp(-forgetting) - (ends[1] - ends[0])) < 2e-3",
        6: "assert abs(result.v_end.item() + np.expm1(-f) / f) < 2e-3 and abs(f - 1.5) < 1e-12",
        7: """
            for r, result in leaks.items():
                assert abs(result.v_end.item() - potential_with_leaks(r)) < 1e-3
            v = {r: result.v_end.item() for r, result in leaks.items()}
            t_out = {r: result.t_out.item() for r, result in leaks.items()}
            assert abs(v[0] - by_package.item()) < 1e-3
            assert abs(v[0.1] / v[0] - 0.95) < 0.01  # "it loses 5 %"
            assert abs(t_out[0.01] - t_out[0] - 0.04) < 5e-3
            assert t_out[0.1] == t_out[1] == 1  # "it does not come at all"
        """,
    },
    "02_from_mac_to_spiking": {
        "used = analysis.reversal_range_used": """
            most = used.groupby("v_syn")[["used_lower", "used_upper"]].max().max(axis=1)
            assert 0.05 < most[8.0] < 0.15 and most[0.25] > 1 / 3
        """,
        "constants = analysis.effective_time_constant": (
            "assert constants['time_constant'].iloc[-1] < 0.2"
        ),
        1: "assert abs(w - 3.20) < 5e-3 and abs(v - 1) < 1e-12",
        2: """
            halves = errors.rms[:-1].to_numpy() / errors.rms[1:].to_numpy()
            assert (abs(halves - 2) < 0.1).all()
        """,
        3: "assert abs(frame.sensitivity - (1 - times) * np.exp(-F)).max() < 1e-12",
        4: """
            after = explorer.picture.responses["RC-Spike"].v_end
            assert abs(after / before - 0.6) < 1e-12
        """,
        5: """
            strong = curve[curve.excitation == 4.0]
            target = strong.excitation / (strong.excitation + strong.inhibition)
            assert (abs(strong.v / target - 1) < 0.02).all()
            weak = curve[(curve.excitation == 0.05) & (curve.inhibition < 1)]
            assert (abs(weak.v / 0.05 - 1) < 0.06).all()  # G+ T/C, whatever the inhibition
            both = curve[(curve.excitation == 0.05) & (curve.inhibition == 4.0)]
            assert both.v.item() < 0.5 * 0.05 / 4.05  # E- counts
        """,
        6: """
            for sign, zero in (("positive", 1), ("negative", -1)):
                line = 140 * (zero - held)  # slope and zero of a resistor, in nA
                blocks = zero * held > 1
                assert np.allclose(clamp["none"][sign], line)
                assert np.allclose(clamp["ideal"][sign], np.where(blocks, 0, line), atol=1e-9)
                assert blocks.sum() == 10
        """,
        7: """
            half, G, V = len(signs) * 5, *[poisson["without an end"][k] for k in (1, 2)]
            t = poisson["without an end"][0]
            assert abs(G[-1] / G[len(G) // 2] - 2) < 0.2  # in proportion to time
            assert abs(G[-1] / (200 * 0.05 * 100 * 1.4) - 1) < 0.1
            _, fading_G, fading_V = poisson["decay in 2 µs"]
            assert abs(fading_G[t > 10].mean() / (200 * 0.05 * 1.4 * 2) - 1) < 0.15
            early, late = (t > 10) & (t < 30), t > 80
            assert V[late].std() < 0.5 * V[early].std()  # it stops answering
            assert fading_V[late].std() > 0.5 * fading_V[early].std()
        """,
        8: """
            assert (np.diff(at_T["RC-Spike", 1.0]) < 0).all()
            for name in ("LIF", "conductance-based"):
                assert (np.diff(at_T[name, 1.0][:-1]) > 0).all()
                assert at_T[name, 1.0].argmax() >= len(when) - 2
            ratios = {name: at_T[name, 1.0] / at_T[name, 0.5] for name in neurons_of}
            assert abs(ratios["LIF"] - 2).max() < 1e-9
            assert max(ratios["conductance-based"].max(), ratios["RC-Spike"].max()) < 1.99
            exact = rb.membrane_potential([[t] for t in when], [[1.0]], 1.0)[:, 0]
            assert abs(at_T["RC-Spike", 1.0] - exact).max() < 3e-3
        """,
        9: """
            assert found(high)["correlation"] >= needed > found(0.99 * high)["correlation"]
            assert 2.5 < high < 3 and abs(found(high)["slope"] - 0.3) < 0.03
            assert found(7.0)["correlation"] < 0.99 < found(9.0)["correlation"]
        """,
    },
    "03_spike_time_networks": {
        "config = rb.TrainingConfig": 'assert rb.evaluate(network, data)["accuracy"] > 0.88',
        "exact = network.spike_times(images)": """
            errors = [np.sqrt(np.mean((a - b) ** 2)) for a, b in zip(result.t_out, exact)]
            assert max(errors) < step and sorted(errors) == errors
        """,
        1: """
            assert max(accuracies) - min(accuracies) < 0.02  # "hardly worse"
            assert leads[0] > leads[1] > leads[2]
        """,
        2: "assert round((3 + 1) * T * 1e6) == 4 and round((30 + 1) * T * 1e6) == 31",
        3: "assert times[~right].mean() > times[right].mean()",
        4: "assert all(0 <= silent < 1 for silent, _ in network.activity(data.test_images))",
        5: """
            for start, train in zip(starts, trains_out, strict=True):
                assert len(train) == 3 and abs(train[0] - (1 - start) / speed) < 5e-3
                assert abs(np.diff(train) - 1 / speed).max() < 5e-3
            usual = rb.simulate(circuit, [1.0], [[0.0]], V_0=0.7)
            assert abs(usual.t_out.item() + 1 - 1.3) < 2e-3  # the second, a phase later: too late
        """,
        6: """
            assert np.abs(recovered - ten / 255).max() < 1e-12
            assert len(set(zip(presented, line))) == len(trains)  # at most one spike for each pixel
            assert round(per_image) == 136 and 3000 < by_rate < 20000
            alone = rb.readout.earliest_spike(network.potentials(1 - ten / 255))
            assert (answers == alone).mean() >= 0.9
            assert (answers == digits).mean() > 0.5  # "most answers are right"
        """,
    },
    "04_learning": {
        "by_weight, by_time = [], []": """
            assert np.allclose(by_weight, exact[0][:, 0], atol=1e-3)
            assert np.allclose(by_time, exact[1][0], atol=1e-3)
            assert (exact[0][:, 0] > 0).all() and (exact[0][:, 0] < 1 - spike_times).all()
            assert (np.sign(exact[1][0]) == -np.sign(weights)).all()
        """,
        "target, rate =": """
            changes = (learned - weights[:, None])[:, 0]
            assert (changes > 0).all()
            for sign in (1, -1):  # "the later ones changed less"
                assert (np.diff(changes[np.sign(weights) == sign]) < 0).all()
            assert changes[weights < 0].min() > changes[weights > 0].max()
            assert abs(history["t_out"].iloc[-1] - target) < 1e-2
        """,
        "from scipy.optimize import check_grad": "assert off < 1e-6",
        "courses = []": """
            lowest = courses.groupby("method")["loss"].min()
            assert lowest["L-BFGS"] < lowest["Adam"] < lowest["gradient descent"]
            assert (config.batch_size, -(-len(data.train_labels) // config.batch_size)) == (64, 79)
            small = rb.train(iris, optimizer="l-bfgs", hidden=(5,), epochs=60, progress=False)
            assert small.metrics["train_accuracy"].iloc[-1] > 0.94
        """,
        "ordinary, rows = trained": """
            accuracy = results.set_index(["model", "v_syn"])["accuracy"]
            assert accuracy["ANN on RC-Spike circuit", 0.25] < 0.4
            assert accuracy["RC-Spike", 1.0] > accuracy["ANN on RC-Spike circuit", np.inf] - 0.05
        """,
        1: "assert abs(dw[0, 0] - np.exp(-scale)) < 1e-12 and abs(np.exp(-5.0) * 150 - 1) < 0.02",
        2: "assert off > 0.1  # at beta = 1; and none at 0",
        3: """
            assert abs(t_end - target) < 1e-3
            assert (np.sign(moved - spike_times) == -np.sign(weights)).all()
            assert moved[0] == 0
        """,
        4: """
            lost = {
                trained_with: [
                    rb.evaluate(one, data)["accuracy"]
                    - rb.evaluate(one, data, noise=noise)["accuracy"]
                    for noise in (0.01, 0.1)
                ]
                for trained_with, one in networks.items()
            }
            assert all(abs(little) < 0.012 for little, _ in lost.values())
            assert max(lost[0.05][1], lost[0.02][1]) < lost[0.0][1]
        """,
    },
    "05_figure_3": {
        "outcome = sweeps.run_sweep": """
            means = small.groupby(["model", "v_syn"])["accuracy"].mean()
            best = means["ReLU MLP", np.inf]
            conventional = means["conventional network on RC-Spike circuit", 0.25]
            assert means["RC-Spike", 1.0] > best - 0.02
            assert means["RC-Spike", 0.25] > best - 0.1
            assert conventional < 0.3
            assert means["ANN on RC-Spike circuit", 0.25] > conventional + 0.3
            assert means["ANN on RC-Spike circuit, rescaled", 0.25] > best - 0.04
            at_infinity = means.xs(np.inf, level="v_syn")
            assert at_infinity.max() - at_infinity.min() < 0.05
        """,
        1: "assert between < 2.5 and abs(distance_here) < 2.5",
        2: "assert round(100 * np.sqrt(0.85 * 0.15 / 1_000), 1) == 1.1",
        3: "assert noisy['accuracy'].max() - noisy['accuracy'].min() < 0.1",
        4: """
            few, usual, every, own = quiet.values()
            assert few < 0.5 < usual < every
            assert every > relu.accuracy(digits) - 0.02
            lost = {name: quiet[name] - jittered[name] for name in quiet}
            assert lost["100 % inside"] > 0.03 > 0.015 > lost["trained for it"]
        """,
    },
    "06_inside_the_simulation": {
        "by_scipy =": """
            assert max(np.abs(a - b).max() for a, b in zip(by_scipy.t_out, exact)) < 1e-8
            assert min(np.abs(a - b).max() for a, b in zip(by_brian.t_out, exact)) > 1e-5
        """,
        "small = rb.Network.random": """
            order = analysis.convergence_order(agreement)["order"]
            assert (abs(order - 1) < 0.25).all()
        """,
        "for v_syn in (0.5, 2.0)": "assert again.seconds['build'] == 0",
        1: "assert errors[0] / errors[1] < 3  # far from 2^4",
        2: """
            assert first_layer["rk4"] < 1e-5 < 1e-3 < first_layer["euler"]
            assert rmse[1] > 5e-3  # layer 2: hardly anything is gained
        """,
        3: "assert plans[0] != plans[1]  # the conventional one; the threshold is a value",
        4: "assert steps * synapses / spiking > 1000",
    },
    "07_from_netlist_to_accuracy": {
        "table = pd.DataFrame(rows)": """
            energy_of = table["energy"]
            assert energy_of[8.0] > 3 * energy_of[1.0]
        """,
        1: """
            usual = accuracies["leak", 0.0]
            for effect in ("leak", "ramp_conductance"):
                assert 0 < usual - accuracies[effect, 0.1] < 0.02
                assert accuracies[effect, 0.5] == 0
        """,
        2: """
            shares = {
                v: b.dissipation[..., 0].sum() / b.dissipation.sum() for v, b in budgets.items()
            }
            assert difference < 1e-6 and shares[8.0] > shares[1.0]
        """,
        3: "assert accuracy > 0.9",
    },
    "08_in_scikit_learn": {
        'print(f"accuracy {100 * scores': "assert scores.mean() > 0.9",
        "first = 1 -": "assert classifier.predict(flowers.data[:1])[0] == 'setosa'",
        "search = GridSearchCV": """
            mean = dict(zip(drives, search.cv_results_["mean_test_score"], strict=True))
            spread = dict(zip(drives, search.cv_results_["std_test_score"], strict=True))
            assert mean[0.125] < mean[0.25] < mean[0.5] < mean[1.0] - 0.005
            above = [mean[v] for v in (1.0, 2.0, 4.0, np.inf)]
            assert max(above) - min(above) < 2 * max(spread.values())
        """,
        "stream = rb.RCSpikeClassifier": "assert accuracy[0] < 0.4 < 0.88 < accuracy[-1] < 0.94",
        1: "assert squeezed < 0.92 < even - 0.02",
        2: "assert min(reached[0.25], reached[1.0]) > reached[3.0] > reached[5.0]",
        3: "assert undecided == 0",
    },
    "09_convolution": {
        "by_patch = rb.membrane_potential": """
            assert np.array_equal(layer.by_neuron(by_patch), v)
            assert layer.weights.size > 50_000 * layer.matrix.size
        """,
        "traces = analysis.exact_traces(patch": """
            on = patch[:9] < 1
            assert on[:3].sum() > 1 and on[6:].sum() > 1 and 1 < t_out < 2
            assert abs(traces["v"][t <= 1].iloc[-1] - v[0, place]) < 1e-12
        """,
        "beyond = (layer.window.lines()": """
            assert np.flatnonzero(layer.window.lines()[0] < 0).tolist() == [0, 1, 2, 3, 6]
            wide = Conv(crossbar, shape=(1, 30, 30), padding=0)  # on an image with a black frame
            framed = np.pad(image.reshape(28, 28), 1, constant_values=1).reshape(1, -1)
            assert np.array_equal(wide.potential(wide.lines(framed), beta), v)
            assert made.out_shape == (16, 13, 13)
        """,
        "pool = Pool(layer.out_shape, 2)": """
            largest = (1 - maps).reshape(2, 14, 2, 14, 2).max(axis=(2, 4))
            assert np.array_equal(1 - pooled, largest)
            assert place in members
        """,
        "trainer = rb.training.Trainer": "assert metrics['test_accuracy'] > 0.93",
        "def mosaic(": """
            at_rest = network.spike_times(np.ones((1, 784)))[0].reshape(first.out_shape)
            positive = first.matrix[-1] > 0
            assert positive.any() and ((at_rest < 1).all(axis=(1, 2)) == positive).all()
            assert at_rest[positive].min() > 0.8  # "late"
            own = spikes[0].reshape(first.out_shape)[positive]
            assert (own == 1).any()  # "neurons that are silent"
            assert spikes[-1].argmin() == data.test_labels[0]
            seen = set()  # by one neuron of the second convolution
            for line in second.window.lines()[3 * 14 + 3][4:5] + [-15, -1, 0, 1, 15]:
                for neuron in second.pool.neurons[line]:
                    seen |= set(first.window.lines()[neuron % 784].tolist())
            rows_seen, columns_seen = zip(*(divmod(pixel, 28) for pixel in seen))
            assert len(set(rows_seen)) == len(set(columns_seen)) == 8
        """,
        "upstream = -(": """
            assert np.abs(collected - by_weight).max() < 1e-12 * np.abs(by_weight).max()
            assert np.abs(by_time_unshared[:, :-1] - by_time).max() < 1e-12 * np.abs(by_time).max()
        """,
        "middle_tap = 4": """
            assert abs(by_place.sum() / by_weight[middle_tap, channel] - 1) < 1e-9
            contributes = lit & (upstream[0, neurons] != 0)
            assert np.array_equal(by_place.ravel() != 0, contributes)
            assert contributes.sum() < lit.sum() < lit.size  # both kinds of places
        """,
        "drives = [0.125": """
            assert all(accuracy[v_syn] > accuracy[1] - 0.02 for v_syn in (2, 4, np.inf))
            assert accuracy[0.125] < accuracy[0.25] < accuracy[0.5] + 0.01 < accuracy[1] + 0.02
            assert accuracy[0.125] < accuracy[1] - 0.05
        """,
        1: """
            assert same == {(1, "8C3"): True, (1, "P2"): False, (2, "8C3"): True, (2, "P2"): True}
        """,
        2: """
            assert phases == 784 and shared[1] == 8 + 16 + 32 + 10
            assert copied[1] == sum(network.sizes[1:])
        """,
        3: "assert right['OR'] > 0.93 and 0.2 < right['AND'] < right['OR'] - 0.15",
    },
}
