"""Runs Schemathesis, with every check on, against a crmock of its own and the document that it serves.

usage: run.py SCHEMATHESIS
"""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "api"))
from server import Server  # noqa: E402


def main():
    server = Server("--log-level", "warning", log=None)
    folder = HERE.parents[1] / "build" / "schemathesis"  # it keeps things where it is started
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([pathlib.Path(sys.argv[1]).absolute(), "--config-file", HERE / "schemathesis.toml", "run", f"{server.url}/openapi.json",
                           "--checks", "all", *sys.argv[2:]], cwd=folder)
    assert server.request("GET", "/healthz").status == 200
    server.stop()
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
