"""Changes one operator of server/ at a time, and lists the changes that no test sees.

usage: run.py, with MUTATE_SEED, MUTATE_COUNT (30), MUTATE_WORKERS (2) and MUTATE_FILES in the environment: patterns of the files to
change ("server/*" unless said otherwise); those after a "!" are left alone.

Every mutant is judged in a copy of the tree, in build/mutate: by the unit tests under ASan, the black-box tests, the faulty disk, and
the black-box tests under ASan. What is found is kept in build/mutate/judged, so that a run that was interrupted goes on: what was killed is not run
again while its file is the same, what survived is when any file has changed. The status says whether there are survivors.
"""
import collections
import fnmatch
import hashlib
import itertools
import json
import os
import pathlib
import random
import re
import signal
import sys

import mutants
from trees import PATIENCE, Interrupted, Tree, files_of, on_trees, stop

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SURVIVED = "SURVIVED"
PLAIN = ["B=build/plain", "OPTIMIZE=-O2 -g0 -D_FORTIFY_SOURCE=2"]  # nothing in an object but what it does
KILLERS = [re.compile(pattern, re.M) for pattern in (
    r"^(hangs after: .*)", r"^(tests/api/.+?) (?:FAILED|ERROR) ", r"^(tests/unit/\S+?:\d+:[FE]:\w+:\w+)",
    r"^SUMMARY: (.*)", r"ERROR: (\w+Sanitizer: .*)", r"(runtime error: .*)", r"(\S[^\n]*)\s*ended with", r"(\S[^\n]*)\s*\Z")]


def digest(*texts):
    return hashlib.sha256("\0".join(map(str, texts)).encode()).hexdigest()[:16]


class Judged:
    """What this run and earlier ones have found, in a file of lines."""

    def __init__(self, path, sources, tree):
        self.path, self.sources, self.tree = path, sources, tree
        self.lines = {line["key"]: line for line in map(json.loads, path.read_text().splitlines())} if path.exists() else {}

    def key(self, mutant):
        return digest(mutant.path, self.sources[mutant.path], mutant.start, mutant.end, mutant.new)

    def get(self, mutant, what):
        line = self.lines.get(self.key(mutant), {})
        return None if line.get(what) == SURVIVED and line["tree"] != self.tree else line.get(what)

    def keep(self, mutant, **found):
        line = self.lines[self.key(mutant)] = self.lines.get(self.key(mutant), {"key": self.key(mutant), "path": mutant.path}) | found | {"tree": self.tree}
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def likely(self, path):
        """The test files that have seen changes of this file, or else of its room, the best first."""
        weights = collections.Counter()
        for line in list(self.lines.values()):
            if found := re.search(r"tests/api/test_(\w+)", line.get("outcome") or ""):
                weights[found[1]] += 100 * (line["path"] == path) + (os.path.dirname(line["path"]) == os.path.dirname(path))
        return [name for name, weight in weights.most_common() if weight]


def choose(trees, judged, seed, count):
    """The first of all mutants that compile, and to another program."""
    names = {path: pathlib.Path("build/plain", path).with_suffix(".o") for path in judged.sources}
    for tree in trees:
        failure = tree.make(*PLAIN, *map(str, names.values()))
        assert failure is None, failure
    objects = {path: (trees[0].place / name).read_bytes() for path, name in names.items()}

    def builds(tree, mutant):
        name = names[mutant.path]
        if judged.get(mutant, "builds") is None:
            judged.keep(mutant, builds=tree.changed(mutant.path, mutants.apply(mutant, judged.sources[mutant.path]),
                                                    lambda: tree.make(*PLAIN, str(name)) is None and (tree.place / name).read_bytes() != objects[mutant.path]))
        return judged.get(mutant, "builds")
    deck, taken = mutants.drawn(judged.sources, seed), []
    while len(taken) < count and (some := list(itertools.islice(deck, count - len(taken)))):
        taken += itertools.compress(some, on_trees(trees, builds, some))
    return taken


def measure(trees):
    """How long each stage is silent when nothing is wrong; all run at the same time, as mutants do."""
    def test(tree, stage):
        failure = tree.stages("server/main.c")[stage]()
        if failure is not None:
            print(f"the tree as it is fails: {failure[-3000:]}", flush=True)
            stop()
    on_trees(trees, test, ["asan", "api", "faults", "unit"])
    Tree.limits = {stage: PATIENCE * silence for stage, silence in Tree.silences.items() if stage != "make"}
    print("a mutant hangs when it is silent for", ", ".join(f"{limit:.0f} s ({stage})" for stage, limit in Tree.limits.items()), flush=True)


def killer(said):
    return next(found[1] for found in (pattern.search(said) for pattern in KILLERS) if found)


def outcome(tree, judged, path):
    for stage, test in tree.stages(path, judged.likely(path)).items():
        said = test()
        if said is not None:
            return f"killed by {stage}: {killer(said)}"
    return SURVIVED


def judge(trees, judged, chosen):
    def one(tree, mutant):
        result = tree.changed(mutant.path, mutants.apply(mutant, judged.sources[mutant.path]), lambda: outcome(tree, judged, mutant.path))
        judged.keep(mutant, outcome=result)
        print(f"{mutant.path}:{mutant.line}: {mutant.before} -> {mutant.after}\n    {result}", flush=True)
    waiting = [mutant for mutant in chosen if judged.get(mutant, "outcome") is None]
    if waiting:
        measure(trees)
        on_trees(trees, one, waiting)


def report(judged, chosen, listed):
    known = [mutant for mutant in chosen if mutants.name(mutant) in listed]
    survivors = [mutant for mutant in chosen if mutant not in known and judged.get(mutant, "outcome") == SURVIVED]
    stages = collections.Counter(re.match(r"killed by (\w+)", judged.get(mutant, "outcome"))[1] for mutant in chosen if mutant not in known + survivors)
    everything = {mutants.name(mutant) for path in judged.sources for mutant in mutants.mutants_of(path, judged.sources[path])}
    for place, function, *_ in (name for name in listed if name[0] in judged.sources and name not in everything):
        print(f"equivalent.txt lists what is no longer there: {place} {function}")
    for mutant in survivors:
        print(f"\n{mutant.path} {mutant.function}\n- {mutant.before}\n+ {mutant.after}")
    print(f"\n{len(chosen)} mutants: {', '.join(f'{count} killed by {stage}' for stage, count in stages.items())}; {len(known)} are no faults; {len(survivors)} survived")
    return 1 if survivors else 0


def main():
    seed = os.environ.get("MUTATE_SEED") or str(random.SystemRandom().randrange(1 << 32))
    count, workers = int(os.environ.get("MUTATE_COUNT") or 30), int(os.environ.get("MUTATE_WORKERS") or 2)
    patterns = (os.environ.get("MUTATE_FILES") or "server/*").split()
    left = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    files = files_of(ROOT)
    sources = {str(name): file.read_text() for name, file in files.items() if re.fullmatch(r"server/.*\.c", str(name))}
    sources = {name: text for name, text in sources.items() if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)
               and not any(fnmatch.fnmatch(name, pattern) for pattern in left)}
    trees = [Tree(ROOT, number) for number in range(workers)]
    judged = Judged(ROOT / "build" / "mutate" / "judged", sources, digest(*(f"{name} {files[name].read_bytes()}" for name in sorted(files))))
    listed = mutants.equivalent((HERE / "equivalent.txt").read_text())
    print(f"MUTATE_SEED={seed} MUTATE_COUNT={count} MUTATE_FILES='{' '.join(patterns)}'", flush=True)
    try:
        chosen = choose(trees, judged, seed, count)
        judge(trees, judged, [mutant for mutant in chosen if mutants.name(mutant) not in listed])
    except Interrupted:
        sys.exit("interrupted; the same seed goes on")
    status = report(judged, chosen, listed)
    print(f"again: MUTATE_SEED={seed}")
    return status


if __name__ == "__main__":
    sys.exit(main())
