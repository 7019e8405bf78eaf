"""Chromium without a window, for tests. Where it is missing, they are skipped by name.

It needs Chromium and ChromeDriver: on Debian and Ubuntu, ``apt-get install chromium
chromium-driver``; elsewhere the environment variables CHROMIUM and CHROMEDRIVER name the programs.
"""

import os
import shutil

import pytest

HOW = "`make test-browser` installs what Python needs; apt-get install chromium chromium-driver"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
# Nothing is fetched from elsewhere, and root may run it in a container.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,1300",
)


def need_chromium():
    """Skip the module that calls this if there is no browser."""
    pytest.importorskip("selenium", reason=f"no selenium: {HOW}")
    if not (CHROMIUM and CHROMEDRIVER):
        pytest.skip(f"no Chromium with ChromeDriver: {HOW}", allow_module_level=True)


def start_chromium(folder):
    """A driver with a profile of its own in a folder; ``quit`` ends it."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
