"""The Debian package and the tarball: what they have, and their use where nothing else is."""
import json
import re
import shutil
import subprocess

import pytest

import bare
import gallery

PATIENCE = 60
VERSION = re.search(r"^VERSION := (.*)$", (bare.ROOT / "Makefile").read_text(), re.M).group(1)
CALL = re.search(r"^curl -X POST .*$", gallery.README.read_text(), re.M).group().replace("curl", "curl -sS", 1)
OPTIONS = re.findall(r"^\| `--([a-z-]+)", gallery.page("options"), re.M)
DOCS = bare.ROOT / "docs"


@pytest.fixture(scope="session")
def deb():
    return bare.ROOT / bare.sh("make", "-s", "deb", cwd=bare.ROOT).splitlines()[-1]


@pytest.fixture(scope="session")
def unpacked(deb, tmp_path_factory):
    place = tmp_path_factory.mktemp("deb")
    bare.sh("dpkg-deb", "-x", deb, place)
    return place


@pytest.fixture(scope="session")
def crmock(unpacked):
    return unpacked / "usr/bin/crmock"


@pytest.fixture(scope="session")
def tarball(tmp_path_factory):
    """Of the last commit, in a place of its own."""
    place = tmp_path_factory.mktemp("dist")
    said = bare.sh("make", "-s", "dist", f"DIST={place}", cwd=bare.ROOT)
    assert said == (place / "SHA256SUMS").read_text()
    bare.sh("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=place)
    return place / f"crmock-{VERSION}.tar.xz"


def test_it_asks_for_what_it_needs(deb):
    assert bare.sh("dpkg-deb", "-f", deb, "Version").strip() == f"{VERSION}-1"
    depends = {re.match(r"[\w.+-]+", one).group() for one in bare.sh("dpkg-deb", "-f", deb, "Depends").strip().split(", ")}
    assert {"libc6", "libmicrohttpd12", "libcjson1", "libsqlite3-0", "libglib2.0-0", "libcurl3-gnutls", "tzdata"} <= depends and not [one for one in depends if one.endswith("-dev")]


def test_it_has_what_it_should_have(unpacked):
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    docs = {f"usr/share/doc/crmock/docs/{path.relative_to(DOCS)}" for path in DOCS.rglob("*") if path.is_file()}
    assert docs and files == docs | {
        "usr/bin/crmock", "usr/share/man/man1/crmock.1.gz", "usr/lib/systemd/user/crmock.service", "usr/share/bash-completion/completions/crmock",
        "usr/share/zsh/vendor-completions/_crmock", "usr/share/fish/vendor_completions.d/crmock.fish",
        *(f"usr/share/doc/crmock/{name}" for name in ("README.md", "copyright", "changelog.Debian.gz"))}


def test_lintian_finds_no_error(deb):
    done = subprocess.run(["lintian", "--fail-on", "error", "--allow-root", deb], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    print(done.stdout)


def test_the_man_page_is_one_and_whole(unpacked):
    page = unpacked / "usr/share/man/man1/crmock.1.gz"
    said = subprocess.run(["mandoc", "-T", "lint", "-W", "error", page], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout
    rendered = subprocess.run(["man", "--warnings", "--local-file", page], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "MANWIDTH": "200", "LANG": "C.UTF-8"})
    assert rendered.returncode == 0 and rendered.stderr == ""
    for option in OPTIONS:
        assert re.search(rf"^ +--{option}(=\w+)?$", rendered.stdout, re.M), option
        assert f"[$CRMOCK_{option.upper().replace('-', '_')}]" in rendered.stdout or option in ("help", "usage", "version")
    assert re.findall(r"^[A-Z][A-Z ]+$", rendered.stdout, re.M) == ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"]


def test_the_unit_is_one(unpacked, tmp_path):
    unit = (unpacked / "usr/lib/systemd/user/crmock.service").read_text()
    assert "\nExecStart=/usr/bin/crmock\n" in unit and "@" not in unit
    place = tmp_path / "crmock.service"
    place.write_text(unit.replace("/usr/bin/crmock", f"{unpacked}/usr/bin/crmock").replace("man:crmock(1)", "https://localhost/"))
    done = subprocess.run(["systemd-analyze", "--user", "verify", place], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")
    place.write_text(unit.replace("ProtectSystem=", "ProtectSytem="))
    done = subprocess.run(["systemd-analyze", "--user", "verify", place], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)})
    assert "ProtectSytem" in done.stderr


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    """A bare Debian that may be changed."""
    place = bare.BUILD / "bare" / "run"
    shutil.rmtree(place, ignore_errors=True)
    bare.sh("cp", "-a", bare.base(), place)
    yield place
    shutil.rmtree(place)


def files_of(machine):
    kept = ("var/lib/dpkg", "var/lib/apt", "var/cache", "var/log", "dev", "proc", "tmp")
    return {str(path.relative_to(machine)) for path in machine.rglob("*") if not str(path.relative_to(machine)).startswith(kept)}


@bare.FOR_ROOT
def test_it_is_installed_used_and_removed(machine, deb):
    bare.run(machine, "apt-get", "update", "-qq")
    shutil.copy(deb, machine / "tmp")
    depends = bare.sh("dpkg-deb", "-f", deb, "Depends").strip()
    bare.run(machine, "sh", "-c", "apt-get install -y -qq --no-install-recommends $0", *[" ".join(re.findall(r"(?:^|, )([\w.+-]+)", depends))])
    before = files_of(machine)
    bare.run(machine, "apt-get", "install", "-y", "-qq", f"/tmp/{deb.name}")
    assert bare.run(machine, "crmock", "--version") == f"crmock {VERSION}\n"
    listed = bare.run(machine, "dpkg", "-L", "crmock").split()
    assert "/usr/bin/crmock" in listed
    with subprocess.Popen(bare.command(machine, "crmock", "--port", "0", "--exit-with-stdin"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as crmock:
        url = crmock.stdout.readline().split()[-1]
        answer = json.loads(bare.sh("sh", "-c", CALL.replace("http://127.0.0.1:8080", url)))
        assert [one["code"] for one in answer["data"]] == ["SUCCESS", "INVALID_DATA"]
        crmock.stdin.close()
        assert crmock.wait(PATIENCE) == 0
    shutil.rmtree(machine / "root/.cache")  # the user's
    bare.run(machine, "apt-get", "purge", "-y", "-qq", "crmock")
    assert files_of(machine) == before
    assert subprocess.run(bare.command(machine, "dpkg", "-s", "crmock"), capture_output=True).returncode == 1


def test_a_tarball_is_built_without_git(tarball, tmp_path):
    """In two folders: the packages are the same, byte for byte."""
    made = []
    for name in ("one", "another-folder"):
        place = tmp_path / name
        place.mkdir()
        bare.sh("tar", "-xf", tarball, "-C", place)
        source, = place.iterdir()
        assert source.name == f"crmock-{VERSION}" and not (source / ".git").exists()
        path = f"{tmp_path}/no-git:/usr/sbin:/usr/bin:/sbin:/bin"
        (tmp_path / "no-git").mkdir(exist_ok=True)
        (tmp_path / "no-git/git").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "no-git/git").chmod(0o755)
        bare.sh("make", "-s", "-j2", "all", cwd=source, env={"PATH": path})
        deb = source / bare.sh("make", "-s", "deb", cwd=source, env={"PATH": path}).splitlines()[-1]
        made.append(deb.read_bytes())
    assert made[0] == made[1]


def test_a_tarball_is_the_same_each_time(tarball, tmp_path):
    bare.sh("make", "-s", "dist", f"DIST={tmp_path}", cwd=bare.ROOT)
    assert (tmp_path / tarball.name).read_bytes() == tarball.read_bytes()
    names = bare.sh("tar", "-tf", tarball).split()
    assert {name for name in names if name.endswith(("Makefile", "README.md", "Dockerfile"))} and not [name for name in names if "/build/" in name]


def test_what_make_install_has_without_a_package(tmp_path):
    """Under another prefix."""
    bare.sh("make", "-s", "install", f"DESTDIR={tmp_path}", "PREFIX=/opt/crmock", cwd=bare.ROOT)
    files = {str(path.relative_to(tmp_path / "opt/crmock")) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"bin/crmock", "share/man/man1/crmock.1", "lib/systemd/user/crmock.service", "share/bash-completion/completions/crmock",
                     "share/zsh/site-functions/_crmock", "share/fish/vendor_completions.d/crmock.fish"}
    assert "\nExecStart=/opt/crmock/bin/crmock\n" in (tmp_path / "opt/crmock/lib/systemd/user/crmock.service").read_text()
