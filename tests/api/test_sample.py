"""The sample of tests that slow runs take."""
import subprocess
import sys

import pytest

import gallery
import sample

IDS = [f"a.py::test_{letter}[{n}]" for letter in "bcd" for n in range(5)] + ["e.py::test_f"]


@pytest.mark.parametrize("count, kept", [(None, "abcdefghij"), (10, "abcdefghij"), (11, "abcdefghij"), (1, "a"), (2, "aj"), (3, "aej"), (4, "adgj")])
def test_the_first_and_the_last_are_in_it(count, kept):
    assert "".join(sample.spread("abcdefghij", count)) == kept


@pytest.mark.parametrize("functions, cases, kept", [
    (None, None, IDS),
    (None, 1, ["a.py::test_b[0]", "a.py::test_c[0]", "a.py::test_d[0]", "e.py::test_f"]),
    (2, 2, ["a.py::test_b[0]", "a.py::test_b[4]", "a.py::test_d[0]", "a.py::test_d[4]", "e.py::test_f"]),
])
def test_it_is_of_functions_and_of_their_cases(functions, cases, kept):
    assert sample.of(IDS, functions, cases) == kept


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_says_how_many_it_has(workers):
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", workers, "--cases=2", "--functions=2", f"{__file__}::test_the_first_and_the_last_are_in_it",
                           f"{__file__}::test_it_is_of_functions_and_of_their_cases"], capture_output=True, text=True, cwd=gallery.README.parent)
    assert done.returncode == 0 and "sampled: 4 of 10\n" in done.stdout and "4 passed" in done.stdout, done.stdout + done.stderr
