"""Runs the suites of the official SDKs against one server, and prints what each of them passed.

usage: run.py CRMOCK FOLDER      FOLDER has node_modules, and a venv-python-... for each of PyPI's (make test-sdk lays them out)
Ends with a line "N passed, N failed".
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NODE = ["nodejs-sdk-8.0", "nodejs-sdk-7.0", "typescript-sdk-8.0", "typescript-sdk-6.0", "typescript-sdk-2.1"]
PYTHON = {"python-8.0": "zohocrmsdk", "python-2.1": "zcrmsdk"}  # and the package's name in programs


def run(command, environment):
    done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    return done.returncode, done.stdout


def node_suite(sdk, environment, folder):
    """Scenario by scenario, whether it passed."""
    shutil.copy(HERE / "suite.mjs", folder)
    status, output = run(["node", "--test", "--test-reporter=tap", str(folder / "suite.mjs")], environment | {"CRMOCK_SDK": f"@zohocrm/{sdk}"})
    results = {name: ok == "ok" for ok, name in re.findall(r"^ *(ok|not ok) \d+ - (.*?)(?: # .*)?$", output, re.M) if not name.endswith("suite.mjs")}
    return results, status, output


def python_suite(sdk, environment, folder):
    status, output = run([str(folder / f"venv-{sdk}" / "bin" / "python"), str(HERE / "suite.py"), "-v"], environment | {"CRMOCK_SDK": PYTHON[sdk]})
    bad = set(re.findall(r"^(?:FAIL|ERROR): (test_\w+)", output, re.M))
    results = {name: name not in bad for name in re.findall(r"^(test_\w+) \(", output, re.M)}
    return results, status, output


def main():
    os.environ["CRMOCK"] = os.path.abspath(sys.argv[1])
    folder = pathlib.Path(sys.argv[2]).resolve()
    sys.path.insert(0, str(HERE.parent / "api"))
    from server import Server
    server = Server("--log-level", "warning", log=None)
    passed = failed = 0
    print("| SDK | passed | failed | failed scenarios |\n| --- | --- | --- | --- |")
    for sdk, suite in [(sdk, node_suite) for sdk in NODE] + [(sdk, python_suite) for sdk in PYTHON]:
        shutil.rmtree(folder / "files", ignore_errors=True)
        results, status, output = suite(sdk, {"CRMOCK_URL": server.url, "CRMOCK_FOLDER": str(folder / "files")}, folder)
        bad = [name for name, good in results.items() if not good]
        if (status != 0 or not results) and not bad:
            bad = ["the suite itself"]
        passed, failed = passed + sum(results.values()), failed + len(bad)
        print(f"| {sdk} | {sum(results.values())} | {len(bad)} | {', '.join(bad)} |", flush=True)
        if bad:
            print(output)
    server.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
