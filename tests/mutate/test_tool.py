"""The tool that changes operators, itself."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import mutants  # noqa: E402
import run  # noqa: E402
import trees  # noqa: E402

SOURCE = r'''#include <a.h> /* 1 < 0 */
#define TWICE(a) \
    ((a) + 1)
// a == 0 && b
static const int table[] = {7, 0};

static bool find(struct list *list, const char *name)
{
    for (size_t i = 2; i < list->count; i++) {
        if (list->names[i] == NULL)
            break;
        (void)tell(list->log,
                   "1 + 0 \" && return true;", '"', '<');
    }
    list->done(list);
    int x = count(list);
    return true;
}
'''


def test_what_is_changed_and_what_is_not():
    found = {(mutant.function, mutant.line, mutant.before, mutant.after) for mutant in mutants.mutants_of("a.c", SOURCE)}
    loop, call = "for (size_t i = 2; i < list->count; i++) {", '(void)tell(list->log, "1 + 0 \\" && return true;", \'"\', \'<\');'
    assert found == {("table", 5, "static const int table[] = {7, 0};", "static const int table[] = {7, 1};"),
                     ("find", 9, loop, loop.replace("<", "<=")), ("find", 9, loop, loop.replace("<", ">")),
                     ("find", 10, "if (list->names[i] == NULL)", "if (list->names[i] != NULL)"),
                     ("find", 11, "break;", ";"), ("find", 12, call, ";"), ("find", 15, "list->done(list);", ";"),
                     ("find", 17, "return true;", "return false;")}


@pytest.mark.parametrize("before, after", [
    ("a <= b", {"a < b", "a >= b"}), ("a >= b", {"a > b", "a <= b"}), ("a > b", {"a >= b", "a < b"}), ("a != b", {"a == b"}), ("!a", {"a"}),
    ("a || b", {"a && b"}), ("a - b", {"a + b"}), ("a += b", {"a -= b"}), ("a++", set()), ("a->b << c", set()), ("a + 1", {"a - 1", "a + 0", "a + 2"}),
    ("10 + 1.0e-1", {"10 - 1.0e-1"}), ("0x1u", set()), ("x = f(a)", set())])
def test_each_operator(before, after):
    assert {mutant.after for mutant in mutants.mutants_of("a.c", f"void f(void)\n{{\n{before};\n}}\n")} == {f"{text};" for text in after}


def test_a_change_is_of_one_place():
    for mutant in mutants.mutants_of("a.c", SOURCE):
        text = mutants.apply(mutant, SOURCE)
        assert text != SOURCE and text[:mutant.start] == SOURCE[:mutant.start] and text.endswith(SOURCE[mutant.end:])


def test_a_seed_draws_the_same_whatever_other_files_are_there():
    sources = {f"{name}.c": SOURCE for name in "abc"}
    order = list(mutants.drawn(sources, "5"))
    assert order == list(mutants.drawn(sources, "5")) != list(mutants.drawn(sources, "6"))
    assert len(set(order)) == 3 * len(mutants.mutants_of("a.c", SOURCE))
    assert all({mutant.path for mutant in order[i:i + 3]} == set(sources) for i in range(0, len(order), 3))
    alone = list(mutants.drawn({"b.c": SOURCE}, "5"))
    assert alone == [mutant for mutant in order if mutant.path == "b.c"]


def test_what_is_listed_is_recognised_wherever_it_stands():
    listed = mutants.equivalent("# a comment\n\na.c find\n- break;\n+ ;\nThe last one\nis found, too.\n\nb.c f\n- a\n+ b\nNo.\n")
    assert listed == {("a.c", "find", "break;", ";"): "The last one is found, too.", ("b.c", "f", "a", "b"): "No."}
    assert [mutant.line for mutant in mutants.mutants_of("a.c", "\n\n" + SOURCE) if mutants.name(mutant) in listed] == [13]
    with pytest.raises(AssertionError):
        mutants.equivalent("a.c find\n- break;\n+ ;\n")


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "a.c").write_text(SOURCE)
    yield trees.Tree(tmp_path, 0)
    trees.Tree.limits.clear()


def test_only_a_copy_is_changed_and_that_for_a_moment(tree, tmp_path):
    def fail():
        assert (tree.place / "server" / "a.c").read_text() == "changed" and (tmp_path / "server" / "a.c").read_text() == SOURCE
        raise trees.Interrupted
    with pytest.raises(trees.Interrupted):
        tree.changed("server/a.c", "changed", fail)
    assert (tree.place / "server" / "a.c").read_text() == SOURCE


def test_a_copy_is_made_the_same_again(tree, tmp_path):
    copy = tree.place / "server" / "a.c"
    (tree.place / "server" / "gone.c").write_text("")
    (tmp_path / "server" / "new.c").write_text("new")
    time = copy.stat().st_mtime_ns
    trees.Tree(tmp_path, 0)
    assert copy.stat().st_mtime_ns == time
    assert sorted(file.name for file in copy.parent.iterdir()) == ["a.c", "new.c"]
    copy.write_text("left by a run that was killed")
    trees.Tree(tmp_path, 0)
    assert copy.read_text() == SOURCE


def test_a_command_passes_or_fails(tree):
    assert tree.run("quick", ["true"]) is None
    assert tree.run("quick", ["sh", "-c", "echo why; exit 3"]) == "why\n\nended with 3"


@pytest.mark.parametrize("command, how", [("exec cat", "hangs after: "), ("exit 1", "ended with 1")])
def test_no_process_is_left(tree, command, how):
    """Of a command that hangs, or ends and leaves one behind."""
    said, limit = "", 0.1
    while not said[:1].isdigit():  # the machine may be slow
        if command != "exit 1":
            trees.Tree.limits["quick"] = limit
        said, limit = tree.run("quick", ["sh", "-c", f'mkfifo "$TMPDIR/f"; (cat "$TMPDIR/f" >/dev/null 2>&1) & echo $!; {command} <>"$TMPDIR/f"']), 2 * limit
    assert how in said
    wait_for_the_end(int(said.split()[0]))


def wait_for_the_end(process):
    """Until a process that was killed is gone."""
    while True:
        state = pathlib.Path(f"/proc/{process}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        os.sched_yield()


def test_a_run_goes_on_where_it_was(tmp_path):
    one, other, third = mutants.mutants_of("a.c", SOURCE)[:3]
    judged = run.Judged(tmp_path / "judged", {"a.c": SOURCE}, "tree")
    judged.keep(one, builds=True)
    judged.keep(one, outcome="killed by unit: x")
    judged.keep(other, outcome=run.SURVIVED)
    again = run.Judged(tmp_path / "judged", {"a.c": SOURCE}, "tree")
    assert [again.get(mutant, "outcome") for mutant in (one, other, third)] == ["killed by unit: x", run.SURVIVED, None]
    assert again.get(one, "builds") is True
    tested = run.Judged(tmp_path / "judged", {"a.c": SOURCE}, "tree with another test")
    assert [tested.get(mutant, "outcome") for mutant in (one, other)] == ["killed by unit: x", None]
    changed = run.Judged(tmp_path / "judged", {"a.c": SOURCE + "\n"}, "tree")
    assert changed.get(one, "outcome") is None


def test_who_has_killed_is_asked_first(tmp_path):
    judged = run.Judged(tmp_path / "judged", {"server/api/a.c": SOURCE, "server/api/b.c": SOURCE, "server/crm/a.c": SOURCE}, "tree")
    for path, killer in (("server/api/a.c", "a"), ("server/api/b.c", "b"), ("server/crm/a.c", "c")):
        judged.keep(mutants.mutants_of(path, SOURCE)[0], outcome=f"killed by api: tests/api/test_{killer}.py::x")
    assert judged.likely("server/api/b.c") == ["b", "a"]


@pytest.mark.parametrize("said, killer", [
    ("tests/api/test_a.py::b PASSED [ 1%]\ntests/api/test_a.py::c[x y] FAILED [ 2%]\nE   why\n\nended with 1", "tests/api/test_a.py::c[x y]"),
    ("tests/unit/crm.c:123:F:crm:values_fit:3: Assertion failed\nSUMMARY: AddressSanitizer: leak\nended with 1", "tests/unit/crm.c:123:F:crm:values_fit"),
    ("x\nSUMMARY: AddressSanitizer: SEGV a.c:5 in f\nended with -6", "AddressSanitizer: SEGV a.c:5 in f"), ("a.c:5:3: runtime error: load of null\nended with 1", "runtime error: load of null"),
    ("why\n\nended with 3", "why"), ("\nended with -11", "ended with -11"), ("tests/api/test_a.py::b \nhangs after: tests/api/test_a.py::b", "hangs after: tests/api/test_a.py::b")])
def test_who_has_killed_is_named(said, killer):
    assert run.killer(said) == killer
