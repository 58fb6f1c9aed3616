"""Runs the fuzz targets and prints a table of what they did.

usage: run.py fuzz BUILD --seconds N [--side-by-side N] TARGET...   each for its share of the time
       run.py replay BUILD TARGET...     each input that is kept in tests/fuzz/corpus, once
       run.py coverage BUILD TARGET...   the lines that all inputs reach, those of earlier runs included

Inputs that libFuzzer finds are kept in build/fuzz/corpus, those that break something, made small, in
build/fuzz/found: name them after the fault and keep them in tests/fuzz/corpus/TARGET.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KEPT = ROOT / "build" / "fuzz"
# By target: the longest input, and its part of the time beside the others'.
LONGEST = {"http": 6000, "form": 20000, "json": 4000, "match": 4000, "faults": 4000, "control": 8000, "body": 4000, "criteria": 4000, "fixtures": 16000,
           "options": 1000, "store": 256, "respond": 4000, "connect": 8200}
PARTS = {"http": 3, "control": 2, "fixtures": 2, "form": 1, "json": 0.5, "match": 0.5, "faults": 0.5, "options": 0.5, "connect": 0.5}
REPEATS = {"http": 20}  # how often an input is replayed where it matters when its bytes are read
# Leaks are looked for when it ends: after each input that would take most of the time.
OPTIONS = {"control": ["-detect_leaks=0"]}
TIMEOUT = 400  # seconds that one input may take: an answer has 300
SHRINKING = 20  # seconds to make a finding smaller
STARTS_MAX = 50  # in one run of a target, each ended by a finding
# As the sanitizers are by default, most of the time goes into their book-keeping of memory.
SANITIZERS = {"ASAN_OPTIONS": "quarantine_size_mb=32:malloc_context_size=8:max_malloc_fill_size=256", "UBSAN_OPTIONS": "print_stacktrace=1"}
ROOMS = ["server/http/", "server/proxy/", "server/api/", "server/crm/", "server/fixture/", "server/traffic/", "server/base/"]


def make_seeds():
    """The project's own fixtures as inputs: each org in one file, and each file with its org."""
    folder = KEPT / "seeds" / "fixtures"
    folder.mkdir(parents=True, exist_ok=True)
    for org in sorted((ROOT / "fixtures").iterdir()):
        files = {path.stem: json.loads(re.sub(r'("generate": )\d{3,}', r"\g<1>60", path.read_text())) for path in sorted(org.glob("*.json"))}
        for name, sections in [("", list(files.values())), *((name, [files["org"], part]) for name, part in files.items() if name != "org")]:
            merged = {}
            for section in sections:
                for member, value in section.items():
                    merged[member] = merged.get(member, []) + value if isinstance(value, list) else value
            text = json.dumps(merged, ensure_ascii=False)
            if len(text.encode()) <= LONGEST["fixtures"]:  # a longer one would be cut
                (folder / f"{org.name}-{name or 'all'}").write_text(text)


def inputs_of(target):
    return [folder for folder in (HERE / "corpus" / target, KEPT / "seeds" / target) if folder.is_dir()]


class Run:
    """A target with what all its runs have in common."""

    def __init__(self, build, target, folder):
        self.target, self.program = target, pathlib.Path(build).resolve() / target
        self.environment = os.environ | SANITIZERS | {"TMPDIR": str(folder)}
        self.options = [f"-artifact_prefix={KEPT}/replayed-", f"-max_len={LONGEST[target]}", f"-timeout={TIMEOUT}", "-rss_limit_mb=2048", "-print_final_stats=1", *OPTIONS.get(target, [])]
        words = HERE / f"{target}.dict"
        self.words = [f"-dict={words}"] if words.exists() else []

    def start(self, *arguments, **environment):
        return subprocess.run([self.program, *self.options, *arguments], cwd=ROOT, capture_output=True, text=True, errors="replace",
                              env=self.environment | environment)


def reason_of(log):
    """What broke, in one line that is the same the next time."""
    place = re.search(r"^ *#\d+ 0x\w+ in (\w+) \S*/((?:server|tests)/\S+?:\d+)", log, re.M)
    for pattern in (r"^fuzz: (.*)", r"^(\S+: runtime error: .*)", r"ERROR: \w+Sanitizer: ([\w -]+?)(?: on | \(|$)", r"^SUMMARY: (.*)"):
        found = re.search(pattern, log, re.M)
        if found:
            where = f" in {place.group(1)}, {place.group(2)}" if place and "Sanitizer" in pattern else ""
            return found.group(1)[:150].strip() + where
    return "it ended"


def number(pattern, text, otherwise=0):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else otherwise


def shrink(run, crash, found):
    small = found / f"small-{crash.name}"
    run.start("-minimize_crash=1", f"-max_total_time={SHRINKING}", f"-exact_artifact_path={small}", crash)
    if not small.exists():
        return crash
    crash.unlink()
    return small


def replay_files(run, files):
    """Runs each once; those that break something, with the reason."""
    findings = []
    while files:
        done = run.start(f"-runs={REPEATS.get(run.target, 1)}", *files)
        if done.returncode == 0:
            break
        begun = re.findall(r"^Running: (.*)$", done.stderr, re.M)
        if not begun:
            return [*findings, (reason_of(done.stderr), pathlib.Path("no input"))]
        broken = pathlib.Path(begun[-1])
        findings.append((reason_of(done.stderr), broken))
        files = files[files.index(broken) + 1:]
    return findings


def replay(run, _):
    files = sorted(path for folder in inputs_of(run.target) for path in folder.iterdir())
    return [len(files), "", "", len(files)], replay_files(run, files)


def good_inputs(run):
    """A folder of the inputs that break nothing, from which a run can start, and what the others break."""
    folder = KEPT / "good" / run.target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = sorted(path for inputs in inputs_of(run.target) for path in inputs.iterdir())
    findings = replay_files(run, files)
    for path in set(files) - {path for _, path in findings}:
        shutil.copyfile(path, folder / f"{path.parent.name}-{path.name}")
    return folder, findings


def fuzz(run, seconds):
    """A row of the table, and the findings."""
    found, corpus = KEPT / "found" / run.target, KEPT / "corpus" / run.target
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    corpus.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    good, findings = good_inputs(run)
    executions, edges, starts = len(list(good.iterdir())), 0, 0
    while (left := seconds - (time.monotonic() - begun)) >= 1 and starts < STARTS_MAX:
        starts += 1
        before = set(found.iterdir())
        done = run.start(*run.words, f"-max_total_time={int(left)}", f"-artifact_prefix={found}/", corpus, good)
        (KEPT / f"{run.target}.log").write_text(done.stderr)
        executions += number(r"stat::number_of_executed_units: (\d+)", done.stderr)
        edges = max(edges, number(r" cov: (\d+)", done.stderr))
        if done.returncode == 0:
            break
        reason, crashes = reason_of(done.stderr), list(set(found.iterdir()) - before)
        for path in crashes:  # it may be one that an earlier run kept: both are named by their bytes
            (corpus / path.name.split("-")[-1]).unlink(missing_ok=True)
        if reason in (known for known, _ in findings):
            for path in crashes:
                path.unlink()
        else:
            findings.append((reason, shrink(run, crashes[0], found) if crashes else "no input"))
            shutil.copyfile(KEPT / f"{run.target}.log", KEPT / f"{run.target}-{len(findings)}.log")
    elapsed = time.monotonic() - begun
    return [executions, round(executions / max(elapsed, 0.1)), edges, len(list(corpus.iterdir()))], findings


def table(rows, head):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width) for i, (cell, width) in enumerate(zip(row, widths))))


def run_all(work, runs, shares, side_by_side):
    with concurrent.futures.ThreadPoolExecutor(side_by_side) as pool:
        results = list(pool.map(work, runs, shares))
    table([[run.target, *row, len(findings)] for run, (row, findings) in zip(runs, results)],
          ["target", "executions", "a second", "edges", "inputs", "findings"])
    for run, (_, findings) in zip(runs, results):
        for reason in dict.fromkeys(reason for reason, _ in findings):
            print(f"{run.target}: {reason}", *(path for known, path in findings if known == reason), sep="\n    ")
    return 1 if any(findings for _, findings in results) else 0


def room_of(path):
    return next((room for room in ROOMS if path.startswith(room)), None)


def coverage(runs, folder):
    for run in runs:
        kept = [path for path in [KEPT / "corpus" / run.target, *inputs_of(run.target)] if path.is_dir()]
        run.start("-runs=0", *kept, LLVM_PROFILE_FILE=str(folder / f"{run.target}.profraw"))
    merged = folder / "merged.profdata"
    subprocess.run(["llvm-profdata", "merge", "-o", merged, *folder.glob("*.profraw")], check=True)
    objects = [part for run in runs for part in ("-object", run.program)]
    exported = subprocess.run(["llvm-cov", "export", "-summary-only", f"-instr-profile={merged}", *objects], check=True, capture_output=True)
    files = [(os.path.relpath(file["filename"], ROOT), file["summary"]) for file in json.loads(exported.stdout)["data"][0]["files"]]
    rows = []
    for room in ROOMS:
        for name, summary in [(room, None), *sorted(file for file in files if room_of(file[0]) == room and file[0].endswith(".c"))]:
            parts = [summary] if summary else [of for path, of in files if room_of(path) == room]
            row = ["  " + os.path.basename(name) if summary else room]
            for what in ("lines", "branches"):
                covered, count = (sum(part[what][key] for part in parts) for key in ("covered", "count"))
                row += [covered, count, f"{100 * covered / count:.1f} %" if count else ""]
            rows.append(row)
    table(rows, ["room, file", "lines", "of", "", "branches", "of", ""])
    return 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("command", choices=["fuzz", "replay", "coverage"])
    parser.add_argument("build")
    parser.add_argument("targets", nargs="+")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--side-by-side", type=int, default=1)
    wanted = parser.parse_args()
    make_seeds()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="crmock-fuzz-", dir=memory) as name:
        folder = pathlib.Path(name)
        runs = [Run(wanted.build, target, folder) for target in wanted.targets]
        if wanted.command == "coverage":
            return coverage(runs, folder)
        parts = [PARTS.get(target, 1) for target in wanted.targets]
        shares = [wanted.seconds * wanted.side_by_side * part / sum(parts) for part in parts]
        return run_all(fuzz if wanted.command == "fuzz" else replay, runs, shares, wanted.side_by_side)


if __name__ == "__main__":
    sys.exit(main())
