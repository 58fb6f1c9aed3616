"""Runs the recipes of docs/recipes/ as they are printed, where their toolchain is on this machine.

usage: run.py CRMOCK FOLDER [PAGE...]

A page has files (a paragraph that begins with the name of the file stands before its block), a command ("Run it") and what comes of it.
Each is run four times: as printed, crmock on the PATH; then with other values in what its tests expect, crmock by CRMOCK, so that each
must fail; and with a crmock that ends at once, and one that is not there, so that the command must fail, not wait, and say why. FOLDER is for all of it, and what Maven loads stays there. Ends with a line "N passed, N failed".
"""
import collections
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "recipes"
TESTS = 3
EXPECTED, OTHER = ("Advertisement", "Chat", "Partner"), "Fax"
PATIENCE = 300
MARK = "*Not run by crmock's tests: "
# What a machine must have: commands that succeed there. And how an output says how many tests have passed, or failed: a number, or a line each.
Kit = collections.namedtuple("Kit", "needs passed failed")
NOT_STARTED = "crmock did not start"
# For bash, which forgets a coprocess that has ended: it reads only when the program whose number stands in the file is gone. Else some runs
# of many would tell.
LATE = """set -T
trap 'if [[ $BASH_COMMAND == "read "* ]]; then until [[ -s {0} && ! -e /proc/$(<{0}) ]]; do :; done; fi' DEBUG
"""
NOT_THERE = re.compile(f"{NOT_STARTED}|no such file|not found|ENOENT", re.I)
KITS = {
    "pytest": Kit(["python3 -c 'import pytest, requests'"], r"\b(\d+) passed", r"\b(\d+) failed"),
    "node": Kit(["node --version"], r"^ℹ pass (\d+)$", r"^ℹ fail (\d+)$"),
    "junit": Kit(["javac --version", "mvn --version"], r"Tests run: (\d+), Failures: 0, Errors: 0, Skipped: 0$", r"Tests run: \d+, Failures: (\d+), Errors: 0, Skipped: 0$"),
    "go": Kit(["go version"], r"^--- PASS: ", r"^--- FAIL: "),
    "shell": Kit(["bash --version", "curl --version"], r"^ok ", r"^not ok "),
    "phpunit": Kit(["php -r 'exit((int) !extension_loaded(\"curl\"));'", "phpunit --version"], r"^OK \((\d+) tests", r"^Tests: \d+, Assertions: \d+, Failures: (\d+)\.$"),
    "ruby": Kit(["ruby -rminitest -e ''"], r"^(\d+) runs, \d+ assertions, 0 failures, 0 errors, 0 skips$", r"^\d+ runs, \d+ assertions, (\d+) failures, 0 errors, 0 skips$"),
    "csharp": Kit(["dotnet --version"], r"\bPassed: +(\d+)", r"\bFailed: +(\d+)"),
    "testcontainers": Kit(["python3 -c 'import pytest, requests, testcontainers'", "docker image inspect crmock"], r"\b(\d+) passed", r"\b(\d+) failed"),
}


def files(text):
    """By its name, each file of a page, and those that it takes from another page."""
    others = [files((RECIPES / name).read_text()) for name in re.findall(r"are the files of \[\w+\]\((\w+\.md)\)", text)]
    own = dict(re.findall(r"^`([\w./-]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", text, re.M | re.S))
    return {name: content for other in others for name, content in other.items()} | own


def block(text, heading, language):
    return re.search(rf"^## {heading}\n(?:(?!^## ).)*?^```{language}\n(.*?)^```$", text, re.M | re.S).group(1)


def changed(contents):
    """The same files, with something else in the place of each value that the tests expect: the last time that it stands there."""
    [tests] = [name for name, content in contents.items() if all(value in content for value in EXPECTED)]
    content = contents[tests]
    for value in EXPECTED:
        before, _, after = content.rpartition(value)
        content = before + OTHER + after
    return contents | {tests: content}


def has_ended(process):
    try:
        return " Z " in pathlib.Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


class Machine:
    """A place to run recipes: a crmock that keeps a record of its starts and of what it was asked, and nothing else than what is there."""

    def __init__(self, crmock, folder):
        self.folder, self.starts, self.log = folder, folder / "starts", folder / "log"
        for name in ("tools", "bin"):
            shutil.rmtree(folder / name, ignore_errors=True)
            (folder / name).mkdir(parents=True)
        (folder / "tools" / "python3").symlink_to(sys.executable)
        self.crmock = folder / "bin" / "crmock"
        told = shlex.quote(str(self.log))
        self.crmock.write_text(f"#!/bin/sh\necho $$ >>{shlex.quote(str(self.starts))}\nexec {shlex.quote(str(crmock))} \"$@\" --log-level info 2>>{told}\n")
        self.ended, self.late = folder / "bin" / "ended", folder / "late"
        self.ended.write_text(f"#!/bin/sh\necho $$ >>{shlex.quote(str(self.starts))}\nexit 1\n")
        self.late.write_text(LATE.format(self.starts))
        for program in (self.crmock, self.ended):
            program.chmod(0o755)

    def environment(self, named):
        """That of a command: crmock is on the PATH, or CRMOCK names it."""
        strange = ("CRMOCK", "PYTEST_", "NODE_", "BASH_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(strange) and not name.lower().endswith("_proxy")}
        path = f"{self.folder / 'bin'}:" * (not named) + f"{self.folder / 'tools'}:{kept['PATH']}"
        own = {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "MAVEN_OPTS": f"-Dmaven.repo.local={self.folder / 'maven'}", "GOCACHE": str(self.folder / "go-cache"), "GOTOOLCHAIN": "local", "GOFLAGS": ""}
        return kept | own | ({"CRMOCK": str(named)} if named else {})

    def has(self, command):
        try:
            return subprocess.run(["bash", "-c", command], env=self.environment(self.crmock), capture_output=True, timeout=PATIENCE).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def run(self, folder, contents, command, named=None, variables=()):
        """Output and status of a command, in a new folder that has these files."""
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        for path in (self.starts, self.log):
            path.write_text("")
        with subprocess.Popen(["bash", "-c", command], cwd=folder, env=self.environment(named) | dict(variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, start_new_session=True) as running:
            try:
                return running.communicate(timeout=PATIENCE)[0], running.returncode
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                return running.communicate()[0] + f"\nnot done after {PATIENCE} seconds", None

    def faults(self):
        """What is wrong with how the last run has used crmock: one start, that has ended, and for each test a sandbox that was dropped."""
        starts, deadline = self.starts.read_text().split(), time.monotonic() + PATIENCE
        if len(starts) != 1:
            return [f"crmock was started {len(starts)} times"]
        while not has_ended(starts[0]):
            if time.monotonic() > deadline:
                return ["crmock has not ended"]
        calls = re.findall(r" info request method=(\w+) path=\"/_crmock/sandboxes[^\"]*\" status=(\d+)", self.log.read_text())
        counts = collections.Counter(calls)
        return [] if counts == {("POST", "201"): TESTS, ("DELETE", "204"): TESTS} else [f"sandboxes were not made and dropped: {dict(counts)}"]


def is_printed(printed, output):
    """Each line of a page is a part of one of the output, in that order; where … stands may be anything, and blanks don't count."""
    lines = (" ".join(line.split()) for line in output.splitlines())
    patterns = [".*".join(re.escape(" ".join(part.split())) for part in line.split("…")) for line in printed.splitlines()]
    return all(any(re.search(pattern, line) for line in lines) for pattern in patterns)


def is_whole(printed, output):
    """What passes is printed as it is; where a part is left out of it, there is …."""
    return is_printed(printed, output) and ("…" in printed or printed.splitlines() == output.splitlines())


def number(pattern, output):
    found = re.findall(pattern, output, re.M)
    return int(found[-1]) if re.compile(pattern).groups and found else len(found)


def wrong_of(machine, text, output, heading, pattern):
    """What is wrong with a run in which each test should have done the same."""
    wrong = machine.faults()
    if (count := number(pattern, output)) != TESTS:
        wrong.append(f"{count} instead of {TESTS} tests")
    holds = is_whole if heading == "Run it" else is_printed
    if not holds(block(text, heading, "text"), output):
        wrong.append("its output is not the page's")
    return wrong


def meet(machine, name, text):
    """Of each run of a recipe its title, what is wrong with it, and its output."""
    kit, contents, command, folder = KITS[name], files(text), block(text, "Run it", "sh"), machine.folder / name
    output, status = machine.run(folder, contents, command)
    yield f"{name} passes as printed", wrong_of(machine, text, output, "Run it", kit.passed) + [f"status {status}"] * (status != 0), output
    output, status = machine.run(folder, changed(contents), command, machine.crmock)
    yield f"{name} fails with other values", wrong_of(machine, text, output, "When it fails", kit.failed) + [f"status {status}"] * (status in (0, None)), output
    output, status = machine.run(folder, contents, command, machine.ended, {"BASH_ENV": str(machine.late)})
    yield f"{name} fails when crmock ends at once", unstarted(status, output, NOT_STARTED) + ["crmock was not started"] * (not machine.starts.read_text()), output
    output, status = machine.run(folder, contents, command, machine.folder / "nothing")
    yield f"{name} fails without crmock", unstarted(status, output, NOT_THERE), output


def unstarted(status, output, said):
    return [f"status {status}"] * (status in (0, None)) + ["it does not say why"] * (not re.search(said, output))


def marks():
    """What is wrong with the list of recipes: each page stands there, has its kit, and a mark where it is never run."""
    listed = dict(re.findall(r"^\| \[.*?\]\((\w+)\.md\) \| .* \| (.*?) \|$", (RECIPES / "README.md").read_text(), re.M))
    pages = {path.stem: path.read_text() for path in RECIPES.glob("*.md") if path.name != "README.md"}
    for name in listed.keys() ^ pages.keys() | KITS.keys() ^ pages.keys():
        yield f"{name} is not everywhere: in {RECIPES}, its README.md and this program"
    for name in listed.keys() & pages.keys():
        if listed[name].startswith("no") != (MARK in pages[name]):
            yield f"{name}: the list says {listed[name]!r}, and its page {'has a' if MARK in pages[name] else 'no'} mark"


def main():
    machine = Machine(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
    results = []
    for title, wrong, output in [("the list of recipes", list(marks()), "")] * (not sys.argv[3:]) + [one for name in sys.argv[3:] or KITS for one in recipe(machine, name)]:
        results.append(not wrong)
        print("\n".join(f"{title}: {line}" for line in wrong or ["as it should"]))
        if wrong or os.environ.get("RECIPES_OUTPUT"):
            print(output)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) and results else 1


def recipe(machine, name):
    text = (RECIPES / f"{name}.md").read_text()
    if missing := [command for command in KITS[name].needs if not machine.has(command)]:
        print(f"{name}: not on this machine: {missing[0]}" + (", as its page says" if MARK in text else ""))
        return
    if MARK in text:
        print(f"{name}: its page says that it is not run, but here it is")
    yield from meet(machine, name, text)


if __name__ == "__main__":
    sys.exit(main())
