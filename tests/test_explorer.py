"""The explorer in a real browser: its numbers are those of the package, and its picture follows.

Run it with ``make test-browser``; `tests/chromium.py` says what it needs. How quick it is:
``python -m benchmarks explorer``.
"""

import json
import math
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from chromium import HOW, need_chromium, start_chromium
from click.testing import CliRunner

from rcspike_brian import Circuit, Network, membrane_gradients, membrane_potential, simulate
from rcspike_brian.commands import main
from rcspike_brian.data import load_dataset
from rcspike_brian.diodes import LeakyDiode
from rcspike_brian.example import SPIKE_TIMES, WEIGHTS
from rcspike_brian.interactive.page import NETWORKS, NETWORKS_KIND
from rcspike_brian.readout import first_to_spike
from rcspike_brian.storage import read_arrays

pytestmark = [pytest.mark.browser, pytest.mark.slow]
need_chromium()

from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

DESKTOP, PHONE = (1400, 900), (390, 844)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    driver = start_chromium(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "explorer.html"
    result = CliRunner().invoke(main, ["explore", "--out", str(file)])
    assert result.exit_code == 0, result.output
    assert file.stat().st_size < 1e6
    return file.as_uri()


@pytest.fixture
def page(driver, address):
    """The page as it opens, on a screen of the usual size."""
    return opened(driver, address)


def opened(driver, address, size=DESKTOP, theme="light"):
    width, height = size
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    driver.get("about:blank")
    driver.get(address)
    return driver


def calculated(page, function, cases):
    """What a function of the module makes of each list of arguments."""
    script = (
        "return JSON.stringify(JSON.parse(arguments[0]).map((c) => rcspike[arguments[1]](...c)))"
    )
    return json.loads(page.execute_script(script, json.dumps(cases), function))


def state(page):
    return page.execute_script("return rcspike.explorer.state")


def solved(page):
    return page.execute_script("return rcspike.explorer.solved.rc")


def find(page, selector):
    return page.find_element(By.CSS_SELECTOR, selector)


def answer(page):
    """v(T) as it is written on the page, of RC-Spike and of the conventional circuit."""
    items = page.find_elements(
        By.CSS_SELECTOR, ".answer .rc b:first-of-type, .answer .conventional b:first-of-type"
    )
    return [float(item.text.replace("−", "-")) for item in items]


def curve(page):
    return find(page, ".potential .curve.rc").get_attribute("d")


def one_neuron(weights):
    return np.reshape(weights, (-1, 1))


def random_and_extreme_cases(n=1000):
    """Spike times, weights and beta: ordinary ones, ties, large and small ones, unequal rails."""
    rng = np.random.default_rng(19)
    for number in range(n):
        n_in, kind = int(rng.integers(1, 13)), number % 8
        times, weights = rng.random(n_in), rng.normal(0, 1.5, n_in)
        beta = np.repeat(10 ** rng.uniform(-6, 1.5), 2)
        if kind == 1:
            times = np.round(4 * times) / 4
        elif kind == 2:
            weights *= 10 ** rng.uniform(-3, 3)
        elif kind == 3:  # close to a rail
            weights = 100 * abs(weights)
        elif kind == 4:
            weights[rng.integers(n_in)] = 0
        elif kind == 5:
            beta = 10 ** rng.uniform(-2, 1, 2)
        elif kind == 6:
            beta = np.zeros(2)
        elif kind == 7:
            times = rng.choice([0, 1e-12, 0.5, 1 - 1e-12, 1], n_in)
            weights *= 10 ** rng.uniform(-8, 2)
        yield times.tolist(), weights.tolist(), beta.tolist()


def test_the_module_is_the_solver_and_its_gradient(page):
    cases = list(random_and_extreme_cases())
    found = calculated(page, "membraneGradients", cases)
    potentials = calculated(page, "membranePotential", cases)
    for (times, weights, beta), gradients, v in zip(cases, found, potentials, strict=True):
        case = f"{times}, {weights}, {beta}"
        expected = membrane_potential(times, weights, tuple(beta))
        assert v == pytest.approx(expected, rel=1e-9, abs=1e-9), case
        assert gradients["v"] == pytest.approx(expected, rel=1e-9, abs=1e-9), case
        assert gradients["tOut"] == pytest.approx(np.clip(1 - expected, 0, 1), abs=1e-9), case
        inside = 0 < gradients["tOut"] < 1
        by_weight, by_time = membrane_gradients(times, weights, tuple(beta), 1.0)
        for name, exact in (("byWeight", by_weight), ("byTime", by_time)):
            close = {"rtol": 0, "atol": 1e-9 * max(1, *abs(exact)), "err_msg": case}
            np.testing.assert_allclose(gradients[name], exact, **close)
            through = gradients[f"tOut{name[0].upper()}{name[1:]}"]
            np.testing.assert_allclose(through, -exact if inside else 0 * exact, **close)


CIRCUITS = [
    # v_syn, V_d, diode of the package, fraction in reverse, level of lines that are off
    (1, 0.0, "ideal", 0, None),
    (1, 0.2, "ideal", 0, None),
    (2, 0.0, "ideal", 0, 0),
    (1, 0.3, "ideal", 0, 0),
    (1, 0.0, "ideal", 0, -1),
    (0.5, 0.1, LeakyDiode(0.1), 0.1, 0),
    (1, 0.2, LeakyDiode(0.1), 0.1, -1),
    (1, 0.0, "none", 1, 0),
    (1, 0.0, "none", 1, -1),
    (4, 0.0, "none", 1, None),
]


@pytest.mark.parametrize(
    "weights", [WEIGHTS, [2.0, 1.5, -0.5, 1.0, 2.5], [-1.0, -1.0, 2.5, 0.3, 0.0]]
)
@pytest.mark.parametrize("circuit", CIRCUITS, ids=str)
def test_any_diode_and_off_level_is_what_scipy_integrates(page, circuit, weights):
    """The package's own equations of the neuron, to the accuracy of the integration."""
    from brian2.units import volt

    v_syn, V_d, diode, reverse, off = circuit
    values = {"vSyn": v_syn, "vD": V_d, "reverse": reverse, "off": off}
    inputs = [{"t": t, "w": w} for t, w in zip(SPIKE_TIMES, weights, strict=True)]
    [found] = calculated(page, "present", [[inputs, values]])
    off_level = None if off is None else off * volt
    judge = Circuit.normalised(v_syn, V_d=V_d * volt, diode=diode, off_level=off_level)
    kept = one_neuron(weights) * (1 - V_d / v_syn)  # a drop keeps the resistors
    result = simulate(judge, SPIKE_TIMES, kept, target="solve_ivp")
    trace = result.traces[result.traces["t"] <= 1]
    assert found["vEnd"] == pytest.approx(trace["v"].iloc[-1], abs=1e-8)
    spikes = result.spikes["t_out"].tolist()
    assert [found["tOut"]] * (found["tOut"] < 1) == pytest.approx(spikes, abs=1e-8)
    for piece in found["pieces"]:
        if piece["t1"] < 1:
            v = np.interp(piece["t1"], trace["t"], trace["v"])
            assert piece["v1"] == pytest.approx(v, abs=1e-3)


@pytest.mark.parametrize(
    ("net", "v_syn"), [("1", 1.0), ("0.25", 0.25), ("inf", 0.5), ("inf", math.inf)]
)
def test_the_network_on_the_page_is_the_one_in_the_file(page, net, v_syn):
    arrays = read_arrays(NETWORKS, NETWORKS_KIND, 1)
    layers = [
        arrays[f"weights_{net}_{l}"] * arrays[f"scales_{net}_{l}"].astype(float) for l in range(3)
    ]
    network = Network(tuple(layers), Circuit.normalised(v_syn))
    data = load_dataset("mnist", subset="bundled")
    first_two = np.concatenate([np.flatnonzero(data.test_labels == k)[:2] for k in range(10)])
    expected = [layer.times for layer in network.walk(data.test_images[first_two])]
    script = """
        const [net, v] = arguments;
        const name = net === "inf" ? "mapped" : "trained";
        rcspike.explorer.set({ v: v === null ? Infinity : v, net: name });
        return rcspike.explorer.networkResults();
    """
    found = page.execute_script(script, net, None if math.isinf(v_syn) else v_syn)
    for k, layers in enumerate(found["spikes"]):
        for times, exact in zip(layers, expected, strict=True):
            np.testing.assert_allclose(times, exact[k], atol=1e-5)
    assert found["classes"] == first_to_spike(expected[-1]).tolist()
    wrong = page.find_elements(By.CSS_SELECTOR, ".images .wrong")
    assert len(wrong) == np.sum(first_to_spike(expected[-1]) != data.test_labels[first_two])


def test_from_a_file_it_asks_for_nothing_and_reports_nothing(driver, address):
    driver.get_log("performance")  # what Chromium has loaded for itself
    page = opened(driver, address)
    find(page, ".tools button:last-child").click()
    asked = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    addresses = {
        event["params"]["request"]["url"]
        for event in asked
        if event["method"] == "Network.requestWillBeSent"
    }
    assert address in addresses
    # The icon is in the page; chrome: is what Chromium shows until a page is opened.
    assert {url for url in addresses if not url.startswith(("data:", "chrome:"))} == {address}
    assert driver.get_log("browser") == []


def test_a_spike_is_dragged(page):
    before = curve(page)
    handle = page.find_elements(By.CSS_SELECTOR, ".handle.spike")[1]
    ActionChains(page).drag_and_drop_by_offset(handle, 40, -60).perform()
    inputs = state(page)["inputs"]
    assert (inputs[1]["t"], inputs[1]["w"]) != (SPIKE_TIMES[1], WEIGHTS[1])
    assert [inputs[0]["t"], inputs[0]["w"]] == [SPIKE_TIMES[0], WEIGHTS[0]]
    times, weights = zip(*((one["t"], one["w"]) for one in inputs), strict=True)
    expected = [membrane_potential(times, weights, beta) for beta in (1, 0)]
    assert answer(page) == pytest.approx(expected, abs=6e-4)
    assert curve(page) != before
    assert f"{inputs[1]['t']:.2f}" in handle.get_attribute("aria-label")


def test_the_drive_voltage_moves_by_keys_up_to_infinity(page):
    before = curve(page)
    slider = find(page, ".drive input")
    slider.send_keys(Keys.ARROW_RIGHT * 20)
    assert state(page)["v"] == pytest.approx(2)
    assert answer(page)[0] == pytest.approx(membrane_potential(SPIKE_TIMES, WEIGHTS, 0.5), abs=6e-4)
    assert curve(page) != before
    slider.send_keys(Keys.END)
    v, mac = answer(page)
    assert v == mac == pytest.approx(0.87, abs=6e-4)
    slider.send_keys(Keys.ARROW_LEFT)
    assert state(page)["v"] == 16


def test_with_the_resistors_kept_the_potential_is_proportional_to_the_drive(page):
    find(page, ".switch [data-value=resistors]").click()
    at_1 = np.array(answer(page))
    find(page, ".drive input").send_keys(Keys.ARROW_RIGHT * 40)
    np.testing.assert_allclose(answer(page), 4 * at_1, atol=3e-3)
    find(page, ".switch [data-value=weights]").click()
    np.testing.assert_allclose(answer(page), 4 * at_1, atol=3e-3)


def test_without_the_diode_lines_that_are_off_at_0_volts_conduct(page):
    before = curve(page)
    assert page.find_elements(By.CSS_SELECTOR, ".circuit .level.leaks") == []
    assert len(page.find_elements(By.CSS_SELECTOR, ".circuit path.diode.lit")) == 4 + 1  # legend
    find(page, ".switch [data-value=none]").click()
    find(page, ".switch [data-value=zero]").click()
    # 0.166 and no spike: SciPy integrates the same circuit in a test above.
    assert answer(page)[0] == pytest.approx(0.166, abs=6e-4)
    assert "no spike" in find(page, ".answer .rc").text
    assert curve(page) != before
    assert len(page.find_elements(By.CSS_SELECTOR, ".circuit .level.leaks")) == 1
    assert page.find_elements(By.CSS_SELECTOR, ".circuit path.diode:not([transform])") == []
    find(page, ".switch [data-value=float]").click()
    assert answer(page)[0] == pytest.approx(0.191, abs=6e-4)


def test_a_drop_is_a_drop_and_keeps_the_resistors(page):
    slider = find(page, ".drop input")
    slider.send_keys(Keys.ARROW_RIGHT * 20)
    assert state(page)["diode"] == "drop"
    expected = membrane_potential(SPIKE_TIMES, np.multiply(WEIGHTS, 0.8), 1 / 0.8)
    assert answer(page) == pytest.approx([expected, 0.87], abs=6e-4)


def test_inputs_are_added_moved_and_removed_by_keys(page):
    find(page, "[data-key=add]").click()
    assert len(state(page)["inputs"]) == 6
    focused = page.switch_to.active_element
    focused.send_keys(Keys.ARROW_LEFT, Keys.ARROW_UP)
    assert state(page)["inputs"][5] == {"t": pytest.approx(0.49), "w": pytest.approx(1.05)}
    focused.send_keys(Keys.DELETE)
    assert len(state(page)["inputs"]) == 5
    for _ in range(5):
        find(page, "[data-key=add]").click() if len(state(page)["inputs"]) < 8 else None
    assert len(state(page)["inputs"]) == 8
    assert not find(page, "[data-key=add]").is_enabled()


def test_a_prediction_hides_the_answer_until_it_is_revealed(page):
    find(page, ".presets [data-value=saturation]").click()
    expected = f"{solved(page)['vEnd']:.3f}"
    assert expected in find(page, "main").text
    find(page, "[data-key=predict]").click()
    find(page, ".prediction input").send_keys(Keys.ARROW_UP * 10)
    shown = page.execute_script(
        "return document.body.innerText + document.querySelector('main').outerHTML"
    )
    assert expected not in shown
    assert page.find_elements(By.CSS_SELECTOR, ".potential .curve.rc") == []
    axis = """
        const parts = document.querySelectorAll(".potential, .potential .label");
        return [...parts].map((part) => part.getBoundingClientRect().bottom);
    """
    WebDriverWait(page, 10).until(
        lambda p: max(p.execute_script(axis)) == p.execute_script(axis)[0]
    )
    find(page, ".prediction .strong").click()
    assert f"You said 0.60; it is {expected}." in find(page, ".prediction").text
    assert curve(page)


def test_a_link_holds_the_state_and_reset_forgets_it(driver, page, address):
    find(page, ".presets [data-value=diode]").click()
    page.execute_script(
        "rcspike.explorer.set({v: 0.5, image: 3, net: 'mapped', dataset: 'fashion-mnist'})"
    )
    before, seen = state(page), answer(page)
    find(page, "[data-key=copy]").click()
    link = driver.current_url
    opened(driver, link)
    assert state(page) == before
    assert answer(page) == seen
    page.find_elements(By.CSS_SELECTOR, ".tools button")[1].click()
    assert state(page)["v"] == 1
    opened(driver, f"{address}#v=nothing&inputs=x:y&diode=glass&image=1e9&lang=xx")
    assert answer(page)[1] == pytest.approx(0, abs=9)
    assert driver.get_log("browser") == []


def test_all_numbers_are_the_exact_gradients(page):
    find(page, "summary").click()
    selector = ".numbers table:first-child tbody tr"
    rows = WebDriverWait(page, 10).until(lambda p: p.find_elements(By.CSS_SELECTOR, selector))
    table = [
        [float(c.text.replace("−", "-")) for c in r.find_elements(By.CSS_SELECTOR, "td")]
        for r in rows
    ]
    by_weight, by_time = membrane_gradients(SPIKE_TIMES, WEIGHTS, 1, -1.0)
    expected = np.column_stack([SPIKE_TIMES, WEIGHTS, by_time, by_weight])
    np.testing.assert_allclose(table, expected, atol=6e-5)


@pytest.mark.parametrize(("width", "height"), [DESKTOP, (1920, 1080), PHONE])
def test_nothing_that_is_needed_to_see_an_answer_is_below_the_fold(driver, address, width, height):
    page = opened(driver, address, (width, height))
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    needed = [".drive input", ".answer", ".potential"]
    if (width, height) != PHONE:
        needed += [
            ".spikes",
            ".picture.circuit",
            ".cloud",
            ".picture.figure3",
            ".raster",
            ".verdict",
        ]
    boxes = page.execute_script(
        "return arguments[0].map((s) => document.querySelector(s).getBoundingClientRect().bottom)",
        needed,
    )
    assert max(boxes) <= height, dict(zip(needed, boxes, strict=True))
    # Scrolled to where other things are moved, the answer is still there.
    page.execute_script("document.querySelector('.network').scrollIntoView({block: 'end'})")
    box = page.execute_script(
        "return document.querySelector('.answer').getBoundingClientRect().top"
    )
    assert 0 <= box < height


NUMBERS_AND_LINES = """
    const edges = (parts, edge) => [...document.querySelectorAll(parts)].map(
        (part) => part.getBoundingClientRect()[edge]);
    const lines = ".potential :is(.curve, .target, .rail, .threshold)";
    return [Math.min(...edges(".potential .goal", "top")), Math.max(...edges(lines, "bottom"))];
"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=str)
@pytest.mark.parametrize(
    "fragment",
    [
        "",
        "#v=16&keep=resistors&ref=1",
        "#inputs=0.1:-2,0.5:-2,0.7:3",
        "#v=2&inputs=0.1:-2.9,0.2:-2.5,0.6:1",
    ],
)
def test_no_line_runs_through_the_numbers_below_the_potential(driver, address, size, fragment):
    page = opened(driver, address + fragment, size)
    highest_number, lowest_line = page.execute_script(NUMBERS_AND_LINES)
    assert lowest_line <= highest_number


def test_the_curves_of_figure_3_are_named_beside_the_chart(page):
    assert page.find_elements(By.CSS_SELECTOR, ".picture.figure3 text:not(.tick, .label)") == []
    names = [name.text for name in page.find_elements(By.CSS_SELECTOR, ".figure3 .note b")]
    assert names[0].startswith("trained for it 9")
    assert names[1].startswith("mapped 9")


AXE = find_spec("axe_playwright_python")


@pytest.mark.skipif(AXE is None, reason=f"no axe-playwright-python: {HOW}")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["", "#lang=ja&diode=leaky&off=zero&v=0.5&net=mapped"])
def test_axe_has_no_serious_findings(driver, address, theme, fragment):
    page = opened(driver, address + fragment, theme=theme)
    find(page, "summary").click()
    find(page, "[data-key=predict]").click()
    page.execute_script(Path(AXE.submodule_search_locations[0], "axe.min.js").read_text("utf-8"))
    result = page.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    assert len(result["passes"]) > 15
    found = [
        (finding["id"], finding["impact"], [node["html"][:200] for node in finding["nodes"]])
        for finding in result["violations"]
        if finding["impact"] in ("serious", "critical")
    ]
    assert found == []
