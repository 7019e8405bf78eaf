"""Widgets in a real browser: JupyterLab in headless Chromium, something moved, a new picture.

Run it with ``make test-browser``; `tests/chromium.py` says what it needs.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from chromium import HOW, need_chromium, start_chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]
pytest.importorskip("jupyterlab", reason=f"no JupyterLab: {HOW}")
need_chromium()

from selenium.common.exceptions import (  # noqa: E402
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 180
REPLACED = (StaleElementReferenceException, ElementNotInteractableException)
SLIDERS = "from rcspike_brian import interactive\n\ninteractive.explore_membrane()"
EXPLORER = """from ipywidgets import Label
from rcspike_brian import interactive

widget, label = interactive.explore(v_syn=2.0), Label()
widget.observe(lambda change: label.set_trait("value", f"moved to {change.new['v']}"), "values")
display(label, widget)"""


@pytest.fixture
def lab(tmp_path, request):
    """Address of a JupyterLab that has one notebook with one cell."""
    cells = [nbformat.v4.new_code_cell(request.param)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "sliders.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", "--allow-root"]
    command += [f"--ServerApp.root_dir={tmp_path}", "--ServerApp.port_retries=0"]
    environment = {
        **os.environ,
        "HOME": str(tmp_path / "home"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path)
        try:
            wait_for_port(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()


def wait_for_port(port, server):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, "JupyterLab ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.3)
    raise AssertionError("JupyterLab did not start")


@pytest.fixture
def browser(tmp_path):
    driver = start_chromium(tmp_path / "chromium")
    try:
        yield driver
    finally:
        driver.quit()


def pixels(browser):
    """A digest of what the picture shows, or None while there is none."""
    script = """
        const image = document.querySelector('.jupyter-widgets img, img.widget-image');
        if (!image || !image.complete || !image.naturalWidth) return null;
        const canvas = document.createElement('canvas');
        canvas.width = image.naturalWidth;
        canvas.height = image.naturalHeight;
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
        let dark = 0, sum = 0;
        for (let k = 0; k < data.length; k += 4) {
            if (data[k] + data[k + 1] + data[k + 2] < 600) dark += 1;
            sum = (sum * 31 + data[k] + 7 * data[k + 1] + 13 * data[k + 2]) % 1000000007;
        }
        return [canvas.width, canvas.height, dark, sum];
    """
    return browser.execute_script(script)


def run_first_cell_once(browser):
    """Click into the first cell and run it, unless it runs or has run; returns whether it does."""
    cells = browser.find_elements(By.CSS_SELECTOR, ".jp-CodeCell .cm-content")
    if not (cells and cells[0].is_displayed() and cells[0].text):
        return False
    if browser.find_element(By.CSS_SELECTOR, ".jp-CodeCell .jp-InputPrompt").text != "[ ]:":
        return True
    cells[0].click()
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    return False


def run_first_cell(lab, browser):
    # JupyterLab renders its cells more than once, and not every key press arrives before it has.
    wait = WebDriverWait(browser, SECONDS, 0.2, ignored_exceptions=REPLACED)
    patient = WebDriverWait(browser, SECONDS, 3, ignored_exceptions=REPLACED)
    browser.get(f"{lab}/lab/tree/sliders.ipynb?reset")
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, "[data-status='idle']"))
    patient.until(run_first_cell_once)
    return wait


@pytest.mark.parametrize("lab", [EXPLORER], indirect=True)
def test_the_explorer_moves_and_tells_python(lab, browser):
    wait = run_first_cell(lab, browser)
    slider = wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, ".rx .drive input"))[0]
    curve = ".rx .potential path.curve.rc"
    before = browser.find_element(By.CSS_SELECTOR, curve).get_attribute("d")
    assert slider.get_attribute("aria-valuetext") == "V_syn = 2 V_th"
    # Half of the way from 0.25 to infinity, which is at 4.5 on the logarithmic axis.
    ActionChains(browser).move_to_element(slider).click().perform()
    v_syn = browser.execute_script("return 2 ** arguments[0].value", slider)
    assert slider.get_attribute("aria-valuetext") == f"V_syn = {v_syn:.4g} V_th"
    assert v_syn == pytest.approx(2**1.25, rel=0.1)
    assert browser.find_element(By.CSS_SELECTOR, curve).get_attribute("d") != before
    wait.until(
        lambda b: b.find_elements(By.CSS_SELECTOR, ".widget-label")[0].text.startswith(
            "moved to 2."
        )
    )
    if keep := os.environ.get("SCREENSHOTS"):
        browser.save_screenshot(str(Path(keep, "explorer.png")))


@pytest.mark.parametrize("lab", [SLIDERS], indirect=True)
def test_a_moved_slider_changes_the_picture(lab, browser, tmp_path):
    wait = run_first_cell(lab, browser)
    before = wait.until(pixels)
    assert before[0] > 500, "the picture is there"
    assert before[2] > 1000, "and it is not empty"
    browser.save_screenshot(str(tmp_path / "before.png"))

    labels = [label.text for label in browser.find_elements(By.CSS_SELECTOR, ".widget-label")]
    assert labels[:2] == ["V_syn / V_th", "V_d / V_th"]
    assert len([label for label in labels if label.startswith(("spike time", "weight"))]) == 10

    handle = browser.find_element(By.CSS_SELECTOR, ".widget-slider .noUi-handle")
    start = handle.get_attribute("aria-valuenow")
    ActionChains(browser).drag_and_drop_by_offset(handle, 60, 0).perform()
    assert handle.get_attribute("aria-valuenow") != start, "the slider moved"
    after = wait.until(lambda b: now if (now := pixels(b)) and now != before else None)
    assert after[:2] == before[:2], "the same picture with other curves"
    browser.save_screenshot(str(tmp_path / "after.png"))

    keep = os.environ.get("SCREENSHOTS")
    if keep:
        for name in ("before.png", "after.png"):
            shutil.copy(tmp_path / name, keep)
    readout = browser.find_element(By.CSS_SELECTOR, ".widget-readout").text
    assert float(readout) == pytest.approx(float(handle.get_attribute("aria-valuenow")), abs=0.01)
    assert json.dumps(after) != json.dumps(before)
