"""What shells complete, and what the man page lists: every option and argument of every command, and none of another one."""
import re
import subprocess

import pytest

import bare

PATIENCE = 60
PLACE = bare.BUILD / "completions"
CRMOCK = bare.BUILD / "crmock"


@pytest.fixture(scope="session", autouse=True)
def made():
    bare.sh("make", "-s", "all", *(PLACE.relative_to(bare.ROOT) / shell for shell in ("bash", "zsh", "fish")), "build/man/crmock.1", cwd=bare.ROOT)


@pytest.fixture(scope="session")
def commands(made):
    """As the program has them: those that it would rather be asked for."""
    said = subprocess.run([CRMOCK, "other"], capture_output=True, text=True).stderr
    return re.search(r": expected (.*)$", said).group(1).split(", ")


@pytest.fixture(scope="session")
def told(commands):
    """Of each command: its options, and what each takes."""
    def options(command):
        said = bare.sh(CRMOCK, command, "--help", env={"ARGP_HELP_FMT": "rmargin=400"})
        found = dict(re.findall(r"^ +(?:-., )? *(--[a-z-]+)(?:=([A-Z]+))?", said, re.M))
        assert set(found) - {"--help", "--usage", "--version"} or command in ("check", "help")
        return found
    return {command: options(command) for command in commands}


@pytest.fixture()
def ground(tmp_path):
    """A folder to complete names in."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    return tmp_path


def bash(place, *words):
    """As bash has them: words, of which = is one."""
    script = 'compopt() { :; }; source "$0"; COMP_WORDS=(crmock "$@"); COMP_CWORD=$#; $(complete -p crmock | sed "s/.*-F \\([^ ]*\\) .*/\\1/"); printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "--norc", "-uc", script, PLACE / "bash", *words], capture_output=True, text=True, cwd=place)
    assert done.stderr == ""
    return done.stdout.split()


def fish(place, *words):
    script = f"source {PLACE / 'fish'}; complete -C '{' '.join(('crmock', *words))}'"
    said = bare.sh("fish", "--no-config", "-c", script, cwd=place, env={"HOME": str(place), "PATH": "/usr/bin:/bin"})
    return [line.split("\t")[0].rstrip("/") for line in said.splitlines()]


def zsh(*words):
    """What zsh's _arguments is told to complete there."""
    script = ('words=(crmock "$@"); CURRENT=$#words; _arguments() { print -rl -- $words[1] $((CURRENT - $#words)) "$@" }; '
              f"fpath=({PLACE} $fpath); autoload -Uz zsh; zsh")
    command, place, *specifications = bare.sh("zsh", "-f", "-c", script, "zsh", *words).splitlines()
    assert (command, place) == (words[0] if words[0] and words[0][0] != "-" and len(words) > 1 else "crmock", "0")
    return specifications


SHELLS = {"bash": bash, "fish": fish}
SAID = [
    (["--dura"], ["--durability"]), (["--durability", ""], ["normal", "full"]), (["--durability", "f"], ["full"]), (["serve", "--durability", "f"], ["full"]),
    (["--log-level", "i"], ["info"]), (["--control", ""], ["on", "off"]), (["--limits", ""], ["off", "service"]), (["--answers", ""], ["page", "current"]),
    (["--port", "1"], []), (["--control-token", ""], []), (["--fixtures", "fo"], ["folder"]), (["--db", "fi"], ["file"]), (["--db", "fo"], ["folder"]), (["--cache", "fi"], []),
    (["he"], ["health", "help"]), (["serve", "he"], []), (["--port", "0", "he"], []), (["--no-h"], ["--no-hints"]), (["--no-hints", "--no-c"], ["--no-cache"]),
    (["import", "--o"], ["--out"]), (["import", "--out", "f"], ["folder"]), (["import", "--db", "f"], []), (["import", "f"], []), (["import", "--no"], []), (["parity", "--report", "f"], ["folder", "file"]),
    (["check", "f"], ["folder"]), (["check", "folder", "f"], []), (["check", "--dur"], []), (["help", "pa"], ["parity"]), (["help", "parity", "pa"], []), (["other", "--"], []),
]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("words, said", SAID)
def test_what_is_completed(ground, shell, words, said):
    assert sorted(SHELLS[shell](ground, *words)) == sorted(said)


@pytest.mark.parametrize("words, said", [(["--durability", "=", "n"], ["normal"]), (["--durability", "="], ["normal", "full"]), (["--log-level", "=", ""], ["error", "warning", "info", "debug"]),
                                         (["import", "--out", "=", "f"], ["folder"]), (["import", "--db", "=", "f"], [])])
def test_bash_takes_a_value_for_words_of_its_own(ground, words, said):
    assert bash(ground, *words) == said


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_of_every_command_is_completed(ground, commands, told, shell):
    """And no option of another one. To serve is the default."""
    ask = SHELLS[shell]
    assert ask(ground, "") == commands if shell == "bash" else sorted(ask(ground, "")) == sorted(commands)
    assert {command: sorted(ask(ground, command, "--")) for command in commands} == {command: sorted(options) for command, options in told.items()}
    assert sorted(ask(ground, "--")) == sorted(ask(ground, "--no-hints", "--")) == sorted(told["serve"])


@pytest.mark.parametrize("shell", SHELLS)
def test_what_takes_a_file_or_a_folder_is_completed_so(ground, told, shell):
    kinds = {"DIR": ["folder"], "FILE": ["file", "folder"], "PATH": ["file", "folder"]}
    asked = [(command, name, argument) for command, options in told.items() for name, argument in options.items() if argument not in ("", "WORD", "LEVEL")]
    assert {argument for *_, argument in asked} > set(kinds)
    for command, name, argument in asked:
        assert sorted(SHELLS[shell](ground, command, name, "f")) == kinds.get(argument, []), (command, name)


def test_zsh_is_told_of_every_option_of_every_command(commands, told):
    actions = {"DIR": "_files -/", "FILE": "_files", "PATH": "_files"}
    first = f"1:COMMAND:({' '.join(commands)})"
    for command, options in told.items():
        said = {found[1]: found[2] for one in zsh(command, "--") if (found := re.fullmatch(r"\*?(--[a-z-]+=?)\[.*\](?::[A-Z]+:(.*))?", one))}
        assert {name.rstrip("=") for name in said} == set(options) and {name.rstrip("=") for name in said if name.endswith("=")} == {name for name, argument in options.items() if argument}
        assert {name: said[name + "="] for name, argument in options.items() if argument not in ("", "WORD", "LEVEL")} == {
            name: actions.get(argument, " ") for name, argument in options.items() if argument not in ("", "WORD", "LEVEL")}
    assert zsh("")[:-1] == zsh("--port", "") == zsh("serve", "") and zsh("")[-1] == first and zsh("serve", "")[-1] != first
    assert zsh("check", "")[-1] == "1:DIR:_files -/" and zsh("help", "")[-1] == first


@pytest.mark.parametrize("typed, run", [("--durability=f", "--durability=full"), ("serve --durability=f", "serve --durability=full"), ("import --ou", "import --out"),
                                        ("import --out fo", "import --out folder"), ("import --db fo", "import --db fo"), ("check f", "check folder"), ("help pa", "help parity"), ("pa", "parity")])
def test_zsh_completes(ground, tmp_path_factory, typed, run):
    """On a terminal of its own: the command that is run by a tab and the return key."""
    bare.sh("zsh", "-n", PLACE / "zsh")
    functions = tmp_path_factory.mktemp("functions")
    (functions / "_crmock").write_text((PLACE / "zsh").read_text())
    script = f"""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D; crmock() {{ print -r -- ran: "$@" }}; PS1=; stty -echo; print rea""dy'
zpty -r -m z line '*ready*'
zpty -w z $'crmock {typed}\\t; print -r -- e""nd'
zpty -r -m z line '*end*'
print -r -- $line
"""
    said = bare.sh("zsh", "-f", "-c", script, timeout=PATIENCE, cwd=ground)
    assert re.findall(r"ran: (.*)", said) == [run]


def test_the_man_page_has_every_option_of_every_command(commands, told):
    env = {"PATH": "/usr/bin:/bin", "MANWIDTH": "200", "LANG": "C.UTF-8"}
    page = bare.sh("man", "--warnings", "--local-file", bare.BUILD / "man/crmock.1", env=env)
    parts = dict(re.findall(r"^   crmock (\w+).*\n((?:(?! {0,3}\w).*\n)*)", page[page.index("\nCOMMANDS\n"):], re.M))
    assert list(parts) == commands
    parts["serve"] += page[page.index("\nDESCRIPTION\n"):page.index("\nCOMMANDS\n")]
    assert {command: dict(re.findall(r"^ +(?:-., )?(--[a-z-]+)(?:=([A-Z]+))?(?: .*)?$", part, re.M)) for command, part in parts.items()} == told
    for command in commands:
        usage = bare.sh(CRMOCK, command, "--help").splitlines()[0].removeprefix("Usage: ")
        assert re.search(rf"^ +{re.escape(usage)}$", page[page.index("\nSYNOPSIS\n"):], re.M), usage
