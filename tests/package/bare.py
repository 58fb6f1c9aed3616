"""Bare Debian roots: one made by debootstrap, once, and copies of it to run things in. For root."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
MIRROR, SECURITY = "http://deb.debian.org/debian", "http://deb.debian.org/debian-security"
# A make that runs these has nothing to say to those that they run.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}
FOR_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="mounts and other owners are for root")
# What runs has devices and processes of its own machine, and is gone with who started it.
INSIDE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec",
          'mount --rbind /dev "$0/dev"; mount -t proc proc "$0/proc"; exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$0" "$@"']


def sh(*command, **keywords):
    """What a command says; it has to succeed."""
    keywords.setdefault("env", ENVIRONMENT)
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keywords)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def suite():
    return sh("sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME").strip()


def base():
    name = suite()
    path = BUILD / "bare" / name
    if not path.is_dir():
        new = path.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        sh("debootstrap", "--variant=minbase", "--include=ca-certificates", name, new, MIRROR)
        (new / "etc/apt/sources.list").write_text(f"deb {MIRROR} {name} main\ndeb {MIRROR} {name}-updates main\ndeb {SECURITY} {name}-security main\n")
        for file in ("etc/resolv.conf", "etc/hosts"):
            shutil.copy(f"/{file}", new / file)
        os.rename(new, path)
    return path


def command(root, *arguments):
    return [*INSIDE, str(root), *map(str, arguments)]


def run(root, *arguments, **keywords):
    return sh(*command(root, *arguments), **keywords)
