"""Copies of the tree, to build and test mutants in."""
import concurrent.futures
import contextlib
import os
import pathlib
import queue
import re
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time

# A command hangs when it says nothing for this many times the longest silence of the tree as it is.
PATIENCE = 5
# Mutants may swell without end: what the binary without ASan may take, in KiB.
LIMITED = ["sh", "-c", 'ulimit -v 12000000; exec "$@"', "sh"]
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=1:hard_rss_limit_mb=4000", "CK_FORK": "no", "CRMOCK_THREADS": "4", "MAKEFLAGS": "",
               "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
PYTEST = [sys.executable, "-m", "pytest", "-x", "-v", "--tb=short", "-p", "no:cacheprovider"]
LAST_SUITE = "faults"  # as long as all others together: it has a stage of its own
SLOW = ["snapshots", "automation", "jobs", "http", "properties", "docs", "readme"]


class Interrupted(Exception):
    pass


def files_of(folder):
    """What belongs to a tree, by its path: nothing that is built."""
    tops = [top for top in folder.iterdir() if top.name != "build" and not top.name.startswith(".")] if folder.exists() else []
    return {file.relative_to(folder): file for top in tops for file in (top, *top.rglob("*")) if file.is_file() and file.suffix != ".pyc"}


def mirror(source, place):
    """Makes a copy the same again. What is the same already keeps its time, and is not built again."""
    wanted, found = files_of(source), files_of(place)
    for name in found.keys() - wanted.keys():
        found[name].unlink()
    for name, file in wanted.items():
        if name not in found or found[name].read_bytes() != file.read_bytes():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place / name)


class Tree:
    running, stopping = set(), threading.Event()
    limits, silences = {}, {}  # by stage, in seconds: how long it may be silent, and how long it was at most

    def __init__(self, root, number):
        self.place = root / "build" / "mutate" / f"tree{number}"
        mirror(root, self.place)
        own = {name: str(self.place / "build" / name.lower()) for name in ("TMPDIR", "XDG_CACHE_HOME", "HYPOTHESIS_STORAGE_DIRECTORY")}
        self.environment = {"CRMOCK_OAS": str(root.parent / "shared" / "oas")} | os.environ | ENVIRONMENT | own

    def run(self, stage, command, **variables):
        """Runs a command until it ends or hangs; what it said if it failed, else None. No process that it started is left."""
        temporary = self.environment["TMPDIR"]
        shutil.rmtree(temporary, ignore_errors=True)
        os.makedirs(temporary)
        process = subprocess.Popen(command, cwd=self.place, env=self.environment | variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        Tree.running.add(process.pid)
        if Tree.stopping.is_set():
            os.killpg(process.pid, signal.SIGKILL)
        said, hangs = self.listen(stage, process.stdout)
        if not hangs:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # until it is reaped, the group is its own
        Tree.running.discard(process.pid)
        os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        process.stdout.close()
        if Tree.stopping.is_set():
            raise Interrupted
        return f"{said}\nhangs after: {said.strip().rpartition(chr(10))[2]}" if hangs else f"{said}\nended with {status}" if status else None

    @staticmethod
    def listen(stage, stream):
        said, hangs, data = b"", False, b" "
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while data and not hangs:
                since = time.monotonic()
                hangs = not selector.select(Tree.limits.get(stage))
                Tree.silences[stage] = max(Tree.silences.get(stage, 0), time.monotonic() - since)
                data = b"" if hangs else os.read(stream.fileno(), 65536)
                said += data
        return said.decode(errors="replace"), hangs

    def make(self, *arguments):
        return self.run("make", ["make", "-s", "-j2", *arguments])

    def units(self, stage, suites):
        failure = self.make("VARIANT=asan", "build/asan/unit")
        return failure or next(filter(None, (self.run(stage, ["build/asan/unit"], CK_RUN_SUITE=suite) for suite in suites)), None)

    def black_box(self, stage, files):
        variant, binary = (["VARIANT=asan"], "build/asan/crmock") if stage == "asan" else ([], "build/crmock")
        return self.make(*variant, binary) or self.run(stage, [*([] if variant else LIMITED), *PYTEST, *files], CRMOCK=str(self.place / binary))

    def stages(self, path, likely=()):
        """The tests, each of which gives what it said when it failed; those first that most likely see a change in a file.
        `likely` are the names of test files that have seen others, the best first."""
        room, words = pathlib.Path(path).parent.name, [word[:4] for word in pathlib.Path(path).stem.split("_")]
        sources = "".join(file.read_text() for file in sorted(self.place.glob("tests/unit/*.c")))
        suites = sorted(set(re.findall(r'suite_create\("(\w+)"\)', sources)) - {LAST_SUITE}, key=lambda suite: (suite != room, suite))
        names = sorted(file.stem.removeprefix("test_") for file in self.place.glob("tests/api/test_*.py"))
        likely = {name: place for place, name in enumerate(likely)}
        names.sort(key=lambda name: (likely.get(name, len(likely)), -sum(part.startswith(word) for word in words for part in name.split("_")), name in SLOW and SLOW.index(name) + 1))
        files = [f"tests/api/test_{name}.py" for name in names]
        return {"unit": lambda: self.units("unit", suites), "api": lambda: self.black_box("api", files),
                "faults": lambda: self.units("faults", [LAST_SUITE]), "asan": lambda: self.black_box("asan", files)}

    def changed(self, path, text, work):
        """What some work gives while a file has another text."""
        file = self.place / path
        before = file.read_text()
        file.write_text(text)
        try:
            return work()
        finally:
            file.write_text(before)


def on_trees(trees, work, items):
    """The results of work(tree, item), in the items' order; a tree does one at a time."""
    free = queue.SimpleQueue()
    for tree in trees:
        free.put(tree)

    def borrow(item):
        tree = free.get()
        try:
            return work(tree, item)
        finally:
            free.put(tree)
    with concurrent.futures.ThreadPoolExecutor(len(trees)) as pool:
        return list(pool.map(borrow, items))


def stop(*_):
    """As a signal, too: ends what runs; what it would have found is not kept."""
    Tree.stopping.set()
    for process in list(Tree.running):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
