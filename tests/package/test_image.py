"""The image: built by buildah on a bare Debian, looked into, and run as its user on a root that cannot be written to."""
import contextlib
import gzip
import json
import os
import pathlib
import re
import signal
import sqlite3
import stat
import subprocess
import sys

import pytest
import yaml

import bare
import gallery

pytestmark = bare.FOR_ROOT
PATIENCE = 60
SIZE_MAX = 25 << 20
NAME = f"crmock:{re.search(r'^VERSION := (.*)$', (bare.ROOT / 'Makefile').read_text(), re.M).group(1)}"
PLACE = bare.BUILD / "image"
CALL = re.search(r"^curl -X POST .*$", gallery.README.read_text(), re.M).group().replace("curl", "curl -sS", 1)


@pytest.fixture(scope="session")
def environment():
    """Images of its own, built without containers in containers."""
    PLACE.mkdir(parents=True, exist_ok=True)
    settings = PLACE / "storage.conf"
    settings.write_text(f'[storage]\ndriver = "overlay"\ngraphroot = "{PLACE}/storage"\nrunroot = "{PLACE}/run"\n')
    environment = bare.ENVIRONMENT | {"CONTAINERS_STORAGE_CONF": str(settings), "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "overlay", "IMAGE_TOOL": "buildah"}
    yield environment
    # A run that was ended left containers, and buildah leaves a mount: make clean could not remove them.
    subprocess.run(["buildah", "rm", "--all"], env=environment, stdout=subprocess.DEVNULL)
    subprocess.run(["umount", PLACE / "storage/overlay"])


@pytest.fixture(scope="session")
def buildah(environment):
    return lambda *arguments: bare.sh("buildah", *arguments, env=environment).strip()


@contextlib.contextmanager
def container(buildah, image):
    name = buildah("from", "--pull-never", image)
    try:
        yield name, pathlib.Path(buildah("mount", name))
    finally:
        buildah("rm", name)


@pytest.fixture(scope="session")
def image(buildah, environment):
    """What buildah says of it."""
    base = f"localhost/bare:{bare.suite()}"
    if base not in buildah("images", "--format", "{{.Name}}:{{.Tag}}").split():
        with container(buildah, "scratch") as (name, root):
            bare.sh("cp", "-a", f"{bare.base()}/.", root)
            buildah("commit", "--quiet", name, base)
    (PLACE / "build.log").write_text(bare.sh("make", "-s", "image", f"IMAGE_FLAGS=--pull-never --build-arg BASE={base}", cwd=bare.ROOT, env=environment))
    return json.loads(buildah("inspect", "--type", "image", NAME))


@pytest.fixture(scope="session")
def root(image, buildah):
    with container(buildah, NAME) as (_, root):
        yield root


@pytest.fixture(scope="session")
def files(root):
    """Path within the image to what lstat says."""
    return {f"/{path.relative_to(root)}": path.lstat() for path in root.rglob("*")}


class Running:
    """A container of it, where nothing can be written but a file system in memory at /tmp; with a network of its own."""

    def __init__(self, image, root, *arguments, script="", variables=()):
        settings = image["Docker"]["config"]
        self.variables = dict(one.split("=", 1) for one in settings["Env"]) | dict(variables)
        self.check, self.user = settings["Healthcheck"]["Test"][1:], settings["User"]
        # As Docker has, for what the kernel tells and for names.
        (root / "proc").mkdir(exist_ok=True)
        (root / "etc/hosts").touch()
        script = ('ip link set lo up; mount --bind "$0" "$0"; ' + script + ' mount -t tmpfs tmpfs "$0/tmp"; mount -t proc proc "$0/proc";'
                  f' mount -o remount,bind,ro "$0"; exec chroot --userspec={self.user} "$0" "$@"')
        command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script,
                   str(root), *settings["Entrypoint"], *(settings.get("Cmd") or []), *arguments]
        self.outer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | self.variables)
        self.ready_line = self.outer.stdout.readline()
        assert self.ready_line, self.outer.communicate()[1]
        self.pid = int(pathlib.Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text())

    def healthy(self, **variables):
        """What its health check comes to, run as Docker runs it."""
        user, group = self.user.split(":")
        return subprocess.run(["nsenter", "-t", str(self.pid), "--mount", "--net", "--pid", "--root", "--setuid", user, "--setgid", group, *self.check],
                              env=self.variables | variables, capture_output=True, text=True)

    def call(self, command):
        """What a command of this machine says in that network."""
        return bare.sh("nsenter", "-t", self.pid, "--net", "sh", "-c", command)

    def stop(self):
        """Its log. It must end in order."""
        os.kill(self.pid, signal.SIGTERM)
        _, log = self.outer.communicate(timeout=PATIENCE)
        assert self.outer.returncode == 0
        return log


@pytest.fixture()
def run(image, root, files):
    running = []

    def start(*arguments, **keywords):
        running.append(Running(image, root, *arguments, **keywords))
        return running[-1]
    yield start
    for one in running:
        if one.outer.poll() is None:
            os.kill(one.pid, signal.SIGKILL)
        one.outer.communicate()


def test_it_is_small(image, environment, tmp_path):
    """As the layers are when they are unpacked, which is more than what a registry keeps."""
    bare.sh("buildah", "push", "--quiet", "--disable-compression", NAME, f"dir:{tmp_path}", env=environment)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    size = sum(layer["size"] for layer in manifest["layers"])
    assert size == sum((tmp_path / layer["digest"].split(":")[1]).stat().st_size for layer in manifest["layers"]) <= SIZE_MAX
    print(f"{NAME}: {size} bytes, {size / (1 << 20):.1f} MiB, in {len(manifest['layers'])} layers")


def test_it_says_how_it_is_run(image):
    settings = image["Docker"]["config"]
    assert settings["User"] == "65532:65532" and settings["Entrypoint"] == ["/usr/bin/crmock"]
    assert settings["Healthcheck"]["Test"] == ["CMD", "/usr/bin/crmock", "health"]
    assert set(settings["ExposedPorts"]) == {"8080/tcp", "8443/tcp", "3128/tcp"}
    assert "CRMOCK_LISTEN=0.0.0.0" in settings["Env"] and settings["Labels"]["org.opencontainers.image.version"] == NAME.split(":")[1]


def test_nobody_can_change_it(files):
    own = {"/data", "/data/tls", "/tmp"}
    assert own <= set(files) and all(files[path].st_uid == files[path].st_gid == 65532 for path in own)
    assert stat.S_IMODE(files["/tmp"].st_mode) == 0o1777
    for path, one in files.items():
        assert path in own or (one.st_uid == one.st_gid == 0 and (stat.S_ISLNK(one.st_mode) or not one.st_mode & 0o22)), path
        assert not (stat.S_ISREG(one.st_mode) and one.st_mode & (stat.S_ISUID | stat.S_ISGID)), path


def test_it_has_what_is_needed_and_nothing_else(root, files):
    """One program, the loader, libraries; every library is one that another file asks for, or libcurl."""
    regular = {path for path, one in files.items() if stat.S_ISREG(one.st_mode)}
    programs = {path for path in regular if (root / path[1:]).read_bytes()[:4] == b"\x7fELF"}
    needed = {"libcurl.so.4"}
    for path in programs:
        needed |= set(re.findall(r"\(NEEDED\) .*\[(.*)\]", bare.sh("readelf", "-dW", root / path[1:])))
    libraries = {path for path in programs if path != "/usr/bin/crmock"}
    assert {pathlib.PurePath(path).name for path in libraries} == needed
    zones = {path for path in regular if path.startswith("/usr/share/zoneinfo/")}
    assert "/usr/share/zoneinfo/Asia/Kolkata" in zones and not [path for path in zones if "/right/" in path or "/posix/" in path]
    rest = regular - programs - zones
    copies = {path for path in rest if path.endswith(".snapshot.gz")}
    assert rest - copies == {"/etc/nsswitch.conf", "/etc/ssl/certs/ca-certificates.crt"} and len(copies) == 1
    assert all(pathlib.PurePath(path).parent.name == "crmock" and files[path].st_mode & 0o444 == 0o444 for path in copies)


def test_it_runs_where_it_can_write_nothing(run):
    crmock = run()
    assert crmock.ready_line == "crmock listening on http://0.0.0.0:8080\n"
    status = pathlib.Path(f"/proc/{crmock.pid}/status").read_text()
    assert re.search(r"^Uid:\t65532\t65532\t65532\t65532$", status, re.M) and re.search(r"^CapEff:\t0+$", status, re.M)
    answer = json.loads(crmock.call(CALL))
    assert [one["code"] for one in answer["data"]] == ["SUCCESS", "INVALID_DATA"]
    # It warns of nothing but that it is open to its network.
    assert re.findall(r"^\S+ (?:warning|error) ([a-z ]+) \w+=", crmock.stop(), re.M) == ["control open"]


def test_its_health_check(run):
    crmock = run()
    done = crmock.healthy()
    assert (done.returncode, done.stderr) == (0, "")
    done = crmock.healthy(CRMOCK_PORT="1")  # where nobody is
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1


def test_its_first_start_is_from_the_copy(run, root, tmp_path):
    """Which is changed, to be seen."""
    copy, = (root / "usr/share/crmock").glob("*.snapshot.gz")
    (tmp_path / "store").write_bytes(gzip.decompress(copy.read_bytes()))
    with contextlib.closing(sqlite3.connect(tmp_path / "store")) as db, db:
        assert db.execute("UPDATE role SET name = 'Warm' WHERE name = 'CEO'").rowcount == 1
    (tmp_path / copy.name).write_bytes(gzip.compress((tmp_path / "store").read_bytes()))
    crmock = run(script=f'mount --bind {tmp_path}/{copy.name} "$0/usr/share/crmock/{copy.name}";')
    roles = json.loads(crmock.call("curl -sS -H 'Authorization: Zoho-oauthtoken 1000.crmock.admin' http://127.0.0.1:8080/crm/v8/settings/roles"))
    assert "Warm" in [role["name"] for role in roles["roles"]]


def test_a_store_lasts_in_its_volume(run, tmp_path):
    tmp_path.chmod(0o755)
    volume = tmp_path / "volume"
    volume.mkdir()
    os.chown(volume, 65532, 65532)
    for seen in (False, True):
        crmock = run("--db", "/data/store.db", script=f'mount --bind {volume} "$0/data";')
        record = json.loads(crmock.call("curl -sS -H 'Authorization: Zoho-oauthtoken 1000.crmock.admin' 'http://127.0.0.1:8080/crm/v8/Deals/554023000000497007?fields=Lead_Source'"))["data"][0]
        assert (record["Lead_Source"] == "Advertisement") is seen
        crmock.call(CALL)
        crmock.stop()


def test_a_program_finds_it_as_the_service(run, tmp_path):
    """As docker/compose.yaml has both: by TLS on 443, under the service's names, with nothing but the authority's certificate handed over."""
    services = yaml.safe_load((bare.ROOT / "docker/compose.yaml").read_text())["services"]
    tmp_path.chmod(0o755)
    volume = tmp_path / "volume"
    volume.mkdir()
    os.chown(volume, 65532, 65532)
    script = f'mount --bind {volume} "$0/data"; ' + "".join(f"echo {value} >/proc/sys/{name.replace('.', '/')}; " for name, value in services["crmock"]["sysctls"].items())
    crmock = run(script=script, variables=services["crmock"]["environment"])
    assert crmock.outer.stdout.readline() == "crmock listening on https://0.0.0.0:443\n"
    assert crmock.healthy().returncode == 0
    (tmp_path / "hosts").write_text("".join(f"127.0.0.1 {name}\n" for name in services["crmock"]["networks"]["default"]["aliases"]))
    variables = {name: value.replace("/crmock/", f"{volume}/tls/") for name, value in services["app"]["environment"].items()}
    inside = ["nsenter", "-t", crmock.pid, "--net", "unshare", "--mount", "sh", "-ec", 'mount --bind "$0" /etc/hosts; exec "$@"', tmp_path / "hosts"]
    said = bare.sh(*inside, sys.executable, *services["app"]["command"][1:], env={"PATH": os.environ["PATH"]} | variables)
    assert json.loads(said)["org"]
    with pytest.raises(AssertionError, match="CERTIFICATE_VERIFY_FAILED"):
        bare.sh(*inside, sys.executable, *services["app"]["command"][1:])
    keys = [path for path in (volume / "tls").iterdir() if path.suffix == ".key"]
    assert len(keys) == 2 and all(path.stat().st_uid == 65532 and stat.S_IMODE(path.stat().st_mode) == 0o600 for path in keys)


RECEIVER = """
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        print(self.headers["Host"], self.headers["User-Agent"], flush=True)
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
"""


@contextlib.contextmanager
def receiver(crmock, *arguments):
    process = subprocess.Popen(["nsenter", "-t", str(crmock.pid), "--net", sys.executable, "-c", RECEIVER, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_webhooks_are_called(run, tmp_path):
    """By the image's own libcurl: by a name that the machine's hosts have, and by TLS, where nobody else vouches for the certificate."""
    tmp_path.chmod(0o755)
    rules = [{"module": "Deals", "id": str(4711 + number), "name": url, "actions": [{"webhook": url}]} for number, url in enumerate(("http://app:8000/", "https://app:8443/"))]
    (tmp_path / "own.json").write_text(json.dumps({"extends": "enterprise", "workflow_rules": rules}))
    (tmp_path / "hosts").write_text("127.0.0.1 localhost app\n")
    bare.sh("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=app", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem")
    (tmp_path / "both.pem").write_text((tmp_path / "key.pem").read_text() + (tmp_path / "cert.pem").read_text())
    crmock = run("--fixtures", "/data/tls", "--webhook-tries", "1", script=f'mount --bind {tmp_path}/hosts "$0/etc/hosts"; mount --bind {tmp_path} "$0/data/tls";')
    with receiver(crmock, 8000) as plain, receiver(crmock, 8443, tmp_path / "both.pem"):
        crmock.call(CALL)
        calls = json.loads(crmock.call("curl -sS 'http://127.0.0.1:8080/_crmock/webhooks?wait=30'"))["webhooks"]
        assert {call["url"]: call["status"] for call in calls} == {"http://app:8000/": "DELIVERED", "https://app:8443/": "GIVEN_UP"}
        assert ["certificate" in call["reason"] for call in calls if call["status"] == "GIVEN_UP"] == [True]
        assert plain.stdout.readline().startswith("app:8000 crmock/")
