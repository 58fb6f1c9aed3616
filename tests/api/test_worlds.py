"""A suite of 200 tests as users write it (tests/worlds), by 8 workers against one server, each test in its own sandbox."""
import os
import pathlib
import subprocess
import sys

import pytest
from sandbox import control
from server import CRMOCK, PATIENCE, WRAPPER

pytestmark = pytest.mark.skipif(bool(WRAPPER) or "san" in CRMOCK, reason="what is shown is the suite; test_isolation and test_sandbox_faults look for races")
SUITE = pathlib.Path(__file__).resolve().parents[1] / "worlds"


@pytest.mark.parametrize("way", ["prefix", "header", "token"])
def test_a_suite_by_eight_workers(start, tmp_path, way):
    server = start(db=tmp_path / "main.db")
    digest = server.digest()
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "8", SUITE], capture_output=True, text=True, timeout=PATIENCE,
                          env=os.environ | {"CRMOCK_URL": server.url, "CRMOCK_WAY": way}, cwd=tmp_path)
    assert done.returncode == 0 and "200 passed" in done.stdout, done.stdout + done.stderr
    assert server.digest() == digest and len(control(server, "GET", "/_crmock/sandboxes").body["sandboxes"]) == 1
