"""How the runner of all tests counts the unit suites: what it calls a pass is no accident."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

RUN = pathlib.Path(__file__).resolve().parents[1] / "run.py"


def run(tmp_path, script, *options):
    """Of the unit suites alone, with a program in place of theirs: the status and the lines that are told."""
    unit = tmp_path / "unit"
    unit.write_text(f"#!/bin/sh\n{script}\n")
    unit.chmod(0o755)
    done = subprocess.run([sys.executable, RUN, "--only", "unit", *options, "crmock", unit], capture_output=True, text=True,
                          env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    return done.returncode, done.stdout.splitlines()


def tap(*lines):
    return "".join(f"echo '{line}' >>$CK_TAP_LOG_FILE_NAME; " for line in lines)


@pytest.mark.parametrize("script, lines", [
    (tap("1..2", "ok 1 - a", "ok 2 - b"), ["unit: 2 passed, 0 failed", "2 passed, 0 failed"]),
    (tap("ok 1 - a", "not ok 2 - b") + "exit 1", ["not ok 2 - b", "unit: 1 passed, 1 failed", "1 passed, 1 failed"]),
    (tap("ok 1 - a") + "exit 66", ["unit: 66; the last that ended: ok 1 - a", "unit: 1 passed, 1 failed", "1 passed, 1 failed"]),
    (tap("ok 1 - a") + "kill -SEGV $$", ["unit: -11; the last that ended: ok 1 - a", "unit: 1 passed, 1 failed", "1 passed, 1 failed"]),
    ("exit 0", ["unit: 0; the last that ended: none", "unit: 0 passed, 1 failed", "0 passed, 1 failed"]),
])
def test_what_fails_and_what_ends_early_is_told(tmp_path, script, lines):
    assert run(tmp_path, script) == (int(" 0 failed" not in lines[-1]), lines)


@pytest.mark.parametrize("options, excluded", [((), ""), (("--short",), "long")])
def test_a_short_run_leaves_out_what_takes_long(tmp_path, options, excluded):
    assert run(tmp_path, tap("ok 1 - '$CK_EXCLUDE_TAGS'") + f"[ \"$CK_EXCLUDE_TAGS\" = '{excluded}' ]", *options) == (0, ["unit: 1 passed, 0 failed", "1 passed, 0 failed"])


def test_under_valgrind_each_suite_is_a_process(tmp_path):
    suites = len(re.findall(r"\w+_suite\(\)", (RUN.parent / "unit" / "main.c").read_text()))
    valgrind = tmp_path / "valgrind"
    valgrind.write_text("#!/bin/sh\nfor last; do :; done\nexec \"$last\"\n")
    valgrind.chmod(0o755)
    status, lines = run(tmp_path, tap("ok 1 - '$CK_RUN_SUITE'") + "[ $CK_RUN_SUITE != http ]", "--valgrind")
    assert (status, lines) == (1, ["http: 1; the last that ended: ok 1 - http", f"unit: {suites} passed, 1 failed", f"{suites} passed, 1 failed"])
