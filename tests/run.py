"""Runs every test: the unit suites (Check) beside the black-box suites (pytest).

usage: run.py [--valgrind] [--only unit|api] [--short] [--functions N] [--cases N] CRMOCK UNIT [pytest arguments]

--short, which valgrind is always, leaves out the unit tests that take seconds.
--functions and --cases take a sample of the black-box suites: so many functions of a file, so many cases of a function.
Ends with the line "N passed, N failed" and a status that says the same.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

# Tests share nothing, so the black-box ones run side by side; more than this many wait for the disk.
WORKERS = min(os.cpu_count() or 1, 8)
HERE = pathlib.Path(__file__).resolve().parent
# Its own lock between threads is not fair: one that is busy may keep the others waiting for ever.
VALGRIND = ["valgrind", "--quiet", "--vgdb=no", "--fair-sched=yes", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect,possible"]
# Races and leaks end the process with a status that a test sees. GLib's slices would hand memory from thread to thread in ways
# that a sanitizer cannot see.
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1", "TSAN_OPTIONS": f"halt_on_error=1:suppressions={HERE}/tsan.supp"}
GLIB = {"G_SLICE": "always-malloc"}
REPORTS_MAX = 5
PATIENCE = 1800  # seconds until a process with unit tests is taken for hanging


def reporting(folder):
    """The options of sanitizers with a file for what they find: a test often sees no more than the status of a process."""
    return {name: f"{value}:log_path={folder}/report" for name, value in SANITIZERS.items()}


def valgrind(folder):
    return [*VALGRIND, f"--log-file={folder}/report.%p"]


def print_reports(folder):
    reports = [report for report in sorted(folder.glob("report.*"), key=os.path.getmtime) if report.stat().st_size]
    for report in reports[:REPORTS_MAX]:
        print(report.read_text(errors="replace"))
    if len(reports) > REPORTS_MAX:
        print(f"and {len(reports) - REPORTS_MAX} reports of sanitizers more")


def unit_suites():
    """Their names. Under valgrind each is a process of its own: they are slow there, and one that hangs is known by its name."""
    return sorted(name for path in (HERE / "unit").glob("*.c") for name in re.findall(r'suite_create\("(\w+)"\)', path.read_text()))


def run_suite(command, environment, log, name):
    """What passed of a suite, or of all of them, and a line for each fault; that no test passed is one."""
    # In one process: a fork for each test would hide its leaks, and takes most of the time.
    environment = environment | {"CK_FORK": "no", "CK_TAP_LOG_FILE_NAME": str(log), "CK_VERBOSITY": "silent"}
    try:
        status = subprocess.run(command, env=environment, timeout=PATIENCE).returncode
    except subprocess.TimeoutExpired:
        status = f"no end after {PATIENCE} s"
    text = log.read_text() if log.exists() else ""
    passed = len(re.findall(r"^ok ", text, re.M))
    faults = re.findall(r"^not ok .*", text, re.M)
    if (status != 0 or passed == 0) and not faults:
        faults.append(f"{name}: {status}; the last that ended: {text.splitlines()[-1] if text else 'none'}")
    return passed, faults


def run_unit(wanted, environment, folder):
    """Passed and failed of the unit suites; a crash counts as one failure."""
    command = [os.path.abspath(wanted.unit)]
    if wanted.short:
        environment = environment | {"CK_EXCLUDE_TAGS": "long"}
    if wanted.valgrind:
        command = [*valgrind(folder), *command]
        environment = environment | {"CK_EXCLUDE_TAGS": "long descriptors"}
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            results = list(pool.map(lambda name: run_suite(command, environment | {"CK_RUN_SUITE": name}, folder / f"{name}.tap", name),
                                    unit_suites()))
    else:
        results = [run_suite(command, environment, folder / "unit.tap", "unit")]
    passed = sum(count for count, _ in results)
    faults = [fault for _, told in results for fault in told]
    print(*faults, f"unit: {passed} passed, {len(faults)} failed", sep="\n", flush=True)
    return passed, len(faults)


def run_api(wanted, environment, folder):
    log = folder / "api.xml"
    if wanted.valgrind:
        environment = environment | {"CRMOCK_WRAPPER": shlex.join(valgrind(folder))}
    sample = [f"--{name}={count}" for name, count in (("functions", wanted.functions), ("cases", wanted.cases)) if count]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-r", "fs", "-p", "no:cacheprovider", "-n", str(WORKERS), "-o", "junit_family=xunit1", f"--junitxml={log}",
         *sample, *(wanted.arguments or [str(HERE / "api"), str(HERE / "mutate")])], env=environment)
    passed = failed = 0
    if log.exists():
        suite = xml.etree.ElementTree.parse(log).getroot().find("testsuite")
        failed = int(suite.get("failures")) + int(suite.get("errors"))
        passed = int(suite.get("tests")) - failed - int(suite.get("skipped"))
    if failed == 0 and (done.returncode != 0 or passed == 0):
        failed = 1
    print(f"api: {passed} passed, {failed} failed", flush=True)
    return passed, failed


PARTS = {"unit": run_unit, "api": run_api}


def read_arguments():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--valgrind", action="store_true")
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--functions", type=int)
    parser.add_argument("--cases", type=int)
    parser.add_argument("crmock")
    parser.add_argument("unit")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main():
    wanted = read_arguments()
    environment = os.environ | GLIB | {"PYTHONDONTWRITEBYTECODE": "1",
                                       "HYPOTHESIS_STORAGE_DIRECTORY": str(HERE.parent / "build" / "hypothesis"),
                                       "CRMOCK_THREADS": "4",  # races show on any machine
                                       "CRMOCK_REQUEST_TIME": "3600000",  # no test fails on a time
                                       "CRMOCK": os.path.abspath(wanted.crmock)}
    parts = [part for name, part in PARTS.items() if wanted.only in (None, name)]
    # Beside each other: the unit suites wait for the disk half of the time.
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor() as pool:
        folder = pathlib.Path(name)
        started = [pool.submit(part, wanted, environment | reporting(folder), folder) for part in parts]
        results = [part.result() for part in started]
        print_reports(folder)
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
