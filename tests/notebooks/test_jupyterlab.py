"""What a student sees in JupyterLab: a notebook that is run there, and all as they are saved."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

from cnnlab.paths import NOTEBOOKS

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
RUN_LIVE = "04_dilated_convolution"
LONGEST = 300
"""Seconds that the notebook may take which is run in the browser."""

KERNEL = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
# All cells stand in the page, also those that are not in sight.
SETTINGS = '{"windowingMode": "none"}'

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="neither Chromium nor Chrome with its driver is installed"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory, execute):
    """JupyterLab on one notebook as it is committed, and on all as they are saved after a run."""
    work = tmp_path_factory.mktemp("lab")
    shutil.copy(NOTEBOOKS / f"{RUN_LIVE}.ipynb", work / "live.ipynb")
    notary = NotebookNotary(data_dir=str(work / "data"))
    (work / "data").mkdir()
    for path in PATHS:
        executed = execute(path)
        notary.sign(executed)  # as what was run here: only then are its values shown
        nbformat.write(executed, work / path.name)
    tracker = work / "settings" / "@jupyterlab" / "notebook-extension"
    tracker.mkdir(parents=True)
    (tracker / "tracker.jupyterlab-settings").write_text(SETTINGS)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        f"--port={port}",
        f"--ServerApp.root_dir={work}",
        "--IdentityProvider.token=",
    ]
    folders = {
        "JUPYTER_DATA_DIR": str(work / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(work / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(work / "workspaces"),
    }
    with (work / "lab.log").open("w") as log:
        lab = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *options],
            env=os.environ | folders,
            stdout=log,
            stderr=log,
        )
    try:
        yield _wait_for(f"http://127.0.0.1:{port}")
    finally:
        lab.terminate()
        lab.wait()


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for option in ("headless=new", "no-sandbox", "disable-gpu", "no-first-run", "disable-sync"):
        options.add_argument(f"--{option}")
    options.add_argument("--disable-background-networking")
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(LONGEST)
    yield driver
    driver.quit()


@pytest.mark.parametrize("name", ["live.ipynb", *(path.name for path in PATHS)])
def test_a_notebook_shows_its_values_and_no_fault(address, browser, name):
    browser.get(f"{address}/lab/tree/{name}?reset")
    wait = WebDriverWait(browser, 120)
    wait.until(lambda page: page.execute_script(f"return {KERNEL}?.status === 'idle'"))
    if name == "live.ipynb":
        browser.execute_async_script(
            "window.jupyterapp.commands.execute('notebook:run-all-cells').then(arguments[0])"
        )
    # The values come last.
    WebDriverWait(browser, 60).until(lambda page: "holds(" not in _read_prose(page))
    prose = _read_prose(browser)
    for raw in ("{eval}", "\\label", "\N{WARNING SIGN}", "](#", "#fig-", "#tbl-", "np.int64("):
        assert raw not in prose, raw
    errors = "return document.querySelectorAll('[data-mime-type$=\"jupyter.error\"]').length"
    assert browser.execute_script(errors) == 0
    browser.execute_script(f"{KERNEL}.shutdown()")


def _read_prose(page):
    cells = "document.querySelectorAll('.jp-MarkdownCell')"
    return page.execute_script(f"return Array.from({cells}, cell => cell.innerText).join('\\n')")


def _wait_for(address):
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api").close()
        except urllib.error.URLError:
            time.sleep(0.5)
        else:
            return address
    raise AssertionError("JupyterLab does not answer; see its lab.log.")
