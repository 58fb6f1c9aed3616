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
    done = subprocess.run([sys.argv[1], "--config-file", HERE / "schemathesis.toml", "run", f"{server.url}/openapi.json",
                           "--checks", "all", *sys.argv[2:]])
    assert server.request("GET", "/healthz").status == 200
    server.stop()
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
