"""Black-box tests: the real binary, on a free port, with a store of its own."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import gallery  # noqa: E402
import sample  # noqa: E402
from server import Server  # noqa: E402

SAMPLED = []  # how many tests of how many


def pytest_addoption(parser):
    parser.addoption("--functions", type=int, metavar="N", help="run N of the test functions of each file, the same ones each time")
    parser.addoption("--cases", type=int, metavar="N", help="run N of the cases of each test function, likewise")


def pytest_collection_modifyitems(config, items):
    functions, cases = config.getoption("--functions"), config.getoption("--cases")
    if functions or cases:
        all, kept = list(items), set(sample.of([item.nodeid for item in items], functions, cases))
        items[:] = [item for item in all if item.nodeid in kept]
        config.hook.pytest_deselected(items=[item for item in all if item.nodeid not in kept])
        SAMPLED[:] = len(items), len(all)
        getattr(config, "workeroutput", {})["sampled"] = list(SAMPLED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """A worker of pytest-xdist has ended: each has the same sample."""
    SAMPLED[:] = getattr(node, "workeroutput", {}).get("sampled", SAMPLED)


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_session(tmp_path_factory):
    """No copy of fixtures that an earlier run has left; one of this run's, for most tests start alike."""
    os.environ["CRMOCK_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A server for tests that change nothing another test looks at. On a machine that is busy with other things, too, a large
    query has the time that it takes."""
    server = Server("--request-time", 600000, db=tmp_path_factory.mktemp("shared") / "store.db")
    yield server
    server.stop()


@pytest.fixture
def fresh(tmp_path):
    """A server with the default fixtures as they are."""
    server = Server(db=tmp_path / "store.db")
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path):
    """Starts servers with options of the test's own."""
    servers = []

    def start_one(*arguments, **keywords):
        servers.append(Server(*arguments, **keywords))
        return servers[-1]

    yield start_one
    for server in servers:
        server.stop()


class InSandbox(Server):
    def request(self, method, path, *rest, **more):
        return super().request(method, f"/_s/own{path}", *rest, **more)


@pytest.fixture(params=["in memory", "in a file", "a sandbox"])
def start_each(request, start, tmp_path):
    """Starts a server with main in memory or in a file; or one of which the sandbox `own` is meant, by the path."""
    def start_one(*arguments):
        one = start(*arguments, db=tmp_path / "store.db" if request.param == "in a file" else None)
        if request.param == "a sandbox":
            assert one.request("POST", "/_crmock/sandboxes", {"id": "own"}).status == 201
            one.__class__ = InSandbox
        return one

    return start_one


def pytest_terminal_summary(terminalreporter):
    """Says what was sampled. Lists each row of the error catalogue with the request that produced it and the versions in which it
    did."""
    if SAMPLED:
        terminalreporter.write_line("sampled: {} of {}".format(*SAMPLED))
    produced = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "row" and report.when == "call":
                row, version, command = value
                produced.setdefault(row, {})[version] = command
    if produced:
        terminalreporter.section("rows of the error catalogue, produced")
    for row, commands in produced.items():
        versions = [version for version in gallery.VERSIONS if version in commands]
        terminalreporter.write_line(f"{row:4} {' '.join(versions)}: {commands[versions[-1]]}")
