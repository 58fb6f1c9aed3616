"""A soak: ordinary clients alone, then the same beside hostile ones, each against a server of its own.

usage: run.py CRMOCK [SECONDS [WORD...]]
SECONDS is a phase's length; with 0, each hostile kind comes once and by itself, to see what each costs. WORDs choose the
hostile kinds whose names have one of them, -WORDs leave some out. Prints what the ordinary clients waited, what the server
used, and what the hostile ones were answered. No time fails it; wrong answers do, and none, crashes, memory beyond its bound,
files and threads that are not given back. Ends with a line "N faults" and a status that says the same.
"""
import asyncio
import collections
import concurrent.futures
import contextlib
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "api"))
# Room for long heads: what long ones do to those who read them further in is to be seen.
OPTIONS = ["--no-cache", "--log-level", "warning", "--idle-timeout", "20", "--max-connections", "200", "--max-header", "65536"]
MEMORY_LIMIT = 256  # MiB: what --max-memory is when nothing is said
MEMORY_BASE = 64  # MiB: libraries, threads' stacks, SQLite's caches
ADDRESSES = 2 << 30  # what a server that swells without end may take of the machine
Use = collections.namedtuple("Use", "rss highest files store sockets threads")  # store, sockets: how many of the files are such


def use_of(pid):
    """What a process uses, in MiB and numbers; None when it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        status = {name: value.split()[0] for name, _, value in (line.partition(":") for line in lines) if value.split()}
        files = list(pathlib.Path(f"/proc/{pid}/fd").iterdir())
        targets = list(map(target_of, files))
        store, sockets = sum("store.db" in target for target in targets), sum(target.startswith("socket:") for target in targets)
        return Use(int(status["VmRSS"]) / 1024, int(status["VmHWM"]) / 1024, len(files), store, sockets, int(status["Threads"]))
    except (OSError, KeyError):
        return None


def target_of(link):
    with contextlib.suppress(OSError):
        return os.readlink(link)
    return ""  # closed in between


def start(folder, log):
    from server import Server
    limits = resource.getrlimit(resource.RLIMIT_AS)
    if not is_sanitized():
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, limits[1]))
    server = Server(*OPTIONS, log=log, env={"TMPDIR": str(folder)})
    resource.setrlimit(resource.RLIMIT_AS, limits)
    return server


def is_sanitized():
    binary = pathlib.Path(os.environ["CRMOCK"]).read_bytes()
    return b"__asan_init" in binary or b"__tsan_init" in binary


def is_bounded():
    """False for a sanitized build, which takes many times as much."""
    options = subprocess.run([os.environ["CRMOCK"], "--help"], capture_output=True, text=True).stdout
    return "--max-memory" in options and not is_sanitized()


class Phase:
    def __init__(self, name, seconds, kinds, folder):
        self.name, self.seconds, self.kinds, self.folder, self.log = name, seconds, kinds, folder, folder / f"{name}.log"
        self.samples, self.took, self.tallies, self.faults, self.died = [], {}, {}, [], False

    def run(self):
        import ordinary
        with open(self.log, "w") as log:
            server = start(self.folder, log)
        self.pid = server.process.pid
        fresh = use_of(self.pid)
        ordinary.run(server.port, time.monotonic() + 1)  # what is made at its first use is there from here on
        self.wait_until("the first clients' sockets are given back", lambda use: use.sockets <= fresh.sockets)
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # VmHWM from here on
        self.samples = [before := use_of(self.pid)]
        self.soak(server.port)
        # A thread that works with the store keeps its connection, which has three files at most, for the next that does.
        self.wait_until("files and threads are given back", lambda use: use.files - use.store <= before.files - before.store
                        and use.store <= 3 * use.threads and use.threads <= before.threads)
        self.died = server.process.poll() is not None
        self.stop(server)
        if self.faults:
            self.faults += [f"log: {line}" for line in self.log.read_text(errors="replace").splitlines()[-30:]]

    def stop(self, server):
        """By SIGTERM, with clients in the middle of something."""
        from kinds import KEPT
        with contextlib.ExitStack() as held:
            for count in ([] if self.died else range(20)):
                held.enter_context(socket.create_connection(("127.0.0.1", server.port))).sendall(KEPT[:-count])
            try:
                server.stop()
            except (AssertionError, subprocess.TimeoutExpired) as fault:
                self.faults.append(f"the server did not end as it should: {fault}")
                server.process.kill()

    def soak(self, port):
        import hostile
        import ordinary
        until = time.monotonic() + self.seconds
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            users = pool.submit(ordinary.run, port, until)
            others = pool.submit(hostile.run, port, until, self.kinds)
            while concurrent.futures.wait([users, others], timeout=1).not_done:
                self.samples.append(use_of(self.pid) or self.samples[-1])
        self.took, faults = users.result()
        self.tallies = others.result()
        self.faults += faults

    def wait_until(self, what, is_so):
        """What must become so once the clients have gone; or until the server has ended."""
        from server import PATIENCE
        deadline = time.monotonic() + PATIENCE
        while use := use_of(self.pid):
            self.samples.append(use)
            if is_so(use):
                break
            if time.monotonic() > deadline:
                self.faults.append(f"not in {PATIENCE} s: {what}: {self.samples[0]} -> {use}")
                break
            time.sleep(0.1)

    def check_memory(self):
        highest, bound = self.samples[-1].highest, MEMORY_LIMIT + MEMORY_BASE
        if highest > bound:
            self.faults.append(f"memory: {highest:.0f} MiB, more than {MEMORY_LIMIT} and {MEMORY_BASE}")

    def failed(self):
        """All that was wrong, a line each."""
        from hostile import UNANSWERED
        lines = [f"{self.name}: {fault}" for fault in self.faults]
        for name, tally in self.tallies.items():
            lines += [f"{self.name}: {name}: {fault} ({count} times)" for fault, count in tally.faults.most_common(3)
                      if not (self.died and fault == UNANSWERED)]  # they say nothing then
        return lines


def percentiles(seconds):
    """Median, 99th of a hundred, and the longest, in ms."""
    ordered = sorted(seconds)
    return [1000 * value for value in (statistics.median(ordered), ordered[len(ordered) * 99 // 100], ordered[-1])]


def print_ordinary(alone, beside):
    print("\n| ordinary clients | requests | p50 ms | p99 ms | longest ms | requests beside | p50 ms | p99 ms | longest ms | ratios |\n|" + " --- |" * 10)
    everything = [sum(phase.took.values(), []) for phase in (alone, beside)]
    for name, first, second in [*((name, alone.took[name], beside.took[name]) for name in alone.took), ("all", *everything)]:
        if first and second:
            one, two = percentiles(first), percentiles(second)
            cells = [len(first), *map("{:.1f}".format, one), len(second), *map("{:.1f}".format, two)]
            ratios = " ".join(f"{b / a:.2f}" for a, b in zip(one, two))
            print(f"| {name} | {' | '.join(map(str, cells))} | {ratios} |")


def print_uses(phases):
    print("\n| the server | RSS at start, MiB | highest | at the end | files, most, at the end | threads, most, at the end | ordinary faults |\n|" + " --- |" * 7)
    for phase in phases:
        first, last = phase.samples[0], phase.samples[-1]
        files, threads = (" ".join(str(getattr(use, name)) for use in (first, max(phase.samples, key=lambda use: getattr(use, name)), last))
                          for name in ("files", "threads"))
        print(f"| {phase.name} | {first.rss:.1f} | {last.highest:.1f} | {last.rss:.1f} | {files} | {threads} | {len(phase.faults)} |")
    (first, one), (second, two) = ((phase.samples[0], phase.samples[-1]) for phase in phases)
    print(f"| ratios | {second.rss / first.rss:.2f} | {two.highest / one.highest:.2f} | {two.rss / one.rss:.2f} | | | |")


def print_hostile(phase):
    print("\n| hostile kind | visits | longest s | answers | faults |\n|" + " --- |" * 5)
    for name, tally in phase.tallies.items():
        print(f"| {name} | {tally.visits} | {tally.longest:.2f} | {tally.answers()} | {sum(tally.faults.values()) or ''} |")


def each_by_itself(kinds, folder):
    """Each kind once; a server lasts until it dies."""
    import hostile
    server, failed = start(folder, subprocess.DEVNULL), []
    print("| hostile kind | s | answers | highest, MiB, before | after | faults |\n|" + " --- |" * 6)
    for name in kinds:
        before = use_of(server.process.pid)
        [tally] = asyncio.run(hostile.work(server.port, 0, [name])).values()
        after = use_of(server.process.pid)
        faults = list(tally.faults) if after else ["the server is dead"]
        print(f"| {name} | {tally.longest:.2f} | {tally.answers()} | {before.highest:.0f} | {after.highest if after else 0:.0f} | {'; '.join(faults)} |", flush=True)
        failed += [f"{name}: {fault}" for fault in faults]
        if after is None:
            server.process.wait()
            server = start(folder, subprocess.DEVNULL)
    server.stop()
    return failed


def mixed(kinds, seconds, folder):
    phases = [Phase("alone", seconds, [], folder), Phase("beside hostile ones", seconds, kinds, folder)]
    for phase in phases:
        phase.run()
        if is_bounded():
            phase.check_memory()
    print_ordinary(*phases)
    print_uses(phases)
    print_hostile(phases[1])
    return [line for phase in phases for line in phase.failed()]


def chosen(names, words):
    wanted, unwanted = [word for word in words if word[0] != "-"], [word[1:] for word in words if word[0] == "-"]
    return [name for name in names if (not wanted or any(word in name for word in wanted)) and not any(word in name for word in unwanted)]


def main():
    os.environ["CRMOCK"] = os.path.abspath(sys.argv[1])
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 120
    from kinds import KINDS
    kinds = chosen(list(KINDS), sys.argv[3:])
    with tempfile.TemporaryDirectory() as name:
        failed = mixed(kinds, seconds, pathlib.Path(name)) if seconds else each_by_itself(kinds, pathlib.Path(name))
    print("", *failed, f"{len(failed)} faults", sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
