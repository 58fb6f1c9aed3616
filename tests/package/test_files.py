"""The files of docker/ that others' programs read: each is held against its reader's schema, and says what matters."""
import itertools
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

import bare

DOCKER = bare.ROOT / "docker"
CRMOCK = bare.BUILD / "crmock"
TABLE = (bare.ROOT / "server/base/service_host.c").read_text()
CENTRES = dict(re.findall(r'DATA_CENTRE\("([^"]+)", "([^"]+)"\)', TABLE))
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
INSTALL = (bare.ROOT / "docs/install.md").read_text()
UNIT = (DOCKER / "package/crmock.service.in").read_text()
VALIDATOR = "kubernetes-validate==1.37.0"


def documents(name):
    return list(yaml.safe_load_all((DOCKER / name).read_text()))


def service_hosts():
    prefixes = re.findall(r'"([\w.]*zohoapis\.)" domain, NULL', TABLE)
    return {prefix + domain for domain in CENTRES.values() for prefix in prefixes} | set(re.findall(r'"(accounts\.[^"]+)"', TABLE))


def test_compose_reads_its_file():
    bare.sh("docker-compose", "-f", DOCKER / "compose.yaml", "--profile", "app", "config", "-q")


def test_compose_has_the_services_hosts():
    compose, = documents("compose.yaml")
    aliases = compose["services"]["crmock"]["networks"]["default"]["aliases"]
    assert len(service_hosts()) > 40 and set(aliases) == service_hosts() and len(aliases) == len(set(aliases))


def test_compose_is_what_it_should_be():
    compose, = documents("compose.yaml")
    crmock, app = compose["services"]["crmock"], compose["services"]["app"]
    assert crmock["read_only"] is True and crmock["cap_drop"] == ["ALL"] and crmock["tmpfs"] == ["/tmp"]
    assert crmock["environment"]["CRMOCK_TLS_PORT"] == "443" and crmock["sysctls"] == {"net.ipv4.ip_unprivileged_port_start": 0}
    assert crmock["healthcheck"]["test"] == ["CMD", *health_check()]
    places = dict(volume.split(":", 1) for volume in crmock["volumes"])
    assert crmock["environment"]["CRMOCK_DB"].startswith(places["store"] + "/") and places["tls"] == variables()["CRMOCK_TLS_DIR"]
    assert app["depends_on"] == {"crmock": {"condition": "service_healthy"}} and app["volumes"] == ["tls:/crmock:ro"]
    assert app["environment"] == dict.fromkeys(["REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CURL_CA_BUNDLE"], "/crmock/ca.pem")
    assert set(compose["volumes"]) == {"store", "tls"}
    compile(app["command"][2], "app", "exec")


def variables():
    return dict(one.split("=", 1) for one in re.search(r"^ENV (.*)$", DOCKERFILE, re.M).group(1).split())


def health_check():
    return yaml.safe_load(re.search(r"^HEALTHCHECK .* CMD (\[.*\])$", DOCKERFILE, re.M).group(1))


@pytest.fixture(scope="session")
def validator():
    place = bare.BUILD / "venv-kubernetes"
    mark = place / VALIDATOR
    if not mark.exists():
        bare.sh("/usr/bin/python3", "-m", "venv", place)
        bare.sh(place / "bin/pip", "install", "--quiet", VALIDATOR)
        mark.touch()
    return place / "bin/kubernetes-validate"


def test_kubernetes_takes_its_file(validator, tmp_path):
    assert bare.sh(validator, "--strict", DOCKER / "kubernetes.yaml").count("passed") == 3
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((DOCKER / "kubernetes.yaml").read_text().replace("readOnlyRootFilesystem:", "readOnlyRoot:"))
    with pytest.raises(AssertionError):
        bare.sh(validator, "--strict", wrong)


def test_kubernetes_is_what_it_should_be():
    claim, deployment, service = documents("kubernetes.yaml")
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    container, = pod["containers"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == service["spec"]["selector"]
    user, group = map(int, re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.M).groups())
    assert pod["securityContext"] == {"runAsNonRoot": True, "runAsUser": user, "runAsGroup": group, "fsGroup": group, "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"}}
    assert pod["enableServiceLinks"] is False and pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert {port["name"] for port in container["ports"]} == {port["targetPort"] for port in service["spec"]["ports"]} == {"http"}
    assert {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]} == {"data": "/data", "tmp": "/tmp"}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["data"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"] and volumes["tmp"]["emptyDir"] == {}
    assert set(container["resources"]) == {"requests", "limits"}


def test_keys_that_were_opened_are_closed_as_printed(validator, tmp_path):
    """By a pod that mounts the deployment's volume as its user, and opens nothing again."""
    claim, deployment, _ = documents("kubernetes.yaml")
    printed = re.search(r"^kubectl apply -f - <<'END'\n(.*?)^END$", INSTALL, re.M | re.S).group(1)
    (tmp_path / "pod.yaml").write_text(printed)
    assert bare.sh(validator, "--strict", tmp_path / "pod.yaml").count("passed") == 1
    pod, own = yaml.safe_load(printed), deployment["spec"]["template"]["spec"]
    assert pod["spec"]["securityContext"] == {name: own["securityContext"][name] for name in ("runAsUser", "runAsGroup")}
    assert pod["spec"]["volumes"] == [volume for volume in own["volumes"] if "persistentVolumeClaim" in volume] and claim["metadata"]["name"] == "crmock"
    container, = pod["spec"]["containers"]
    assert container["volumeMounts"][0] in own["containers"][0]["volumeMounts"]
    data, tls = tmp_path / "data", tmp_path / "data/tls"
    environment = bare.ENVIRONMENT | {"CRMOCK_TLS_DIR": str(tls)}
    bare.sh(CRMOCK, "ca", env=environment)
    modes = {path: path.stat().st_mode for path in tls.iterdir()}
    for path in tls.glob("*.key"):
        path.chmod(0o660)
    with pytest.raises(AssertionError, match=re.escape("others may read or change this key (mode 660)")):
        bare.sh(CRMOCK, "ca", env=environment)
    bare.sh(*(word.replace("/data/", f"{data}/") for word in container["command"]))
    bare.sh(CRMOCK, "ca", env=environment)
    assert modes == {path: path.stat().st_mode for path in tls.iterdir()}


def test_what_has_tls_has_a_place_for_keys():
    """Where the root cannot be written to, keys need a volume: without it crmock does not start."""
    place = pathlib.PurePath(variables()["CRMOCK_TLS_DIR"])
    row, = re.findall(r"^\| TLS and the proxy \| `([^`]*)`", INSTALL, re.M)
    compose, = documents("compose.yaml")
    _, deployment, _ = documents("kubernetes.yaml")
    container, = deployment["spec"]["template"]["spec"]["containers"]
    mounts = {"run": re.findall(r"-v \w+:(\S+)", row), "compose": [volume.split(":")[1] for volume in compose["services"]["crmock"]["volumes"]],
              "kubernetes": [mount["mountPath"] for mount in container["volumeMounts"]]}
    assert {name for name, places in mounts.items() if not {pathlib.PurePath(one) for one in places} & {place, *place.parents}} == set()


@bare.FOR_ROOT
@pytest.mark.parametrize("asked", ["CRMOCK_TLS_PORT", "CRMOCK_PROXY_PORT"])
def test_without_a_place_for_keys_it_does_not_start(tmp_path, asked):
    script = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; exec "$0" --port 0 --exit-with-stdin --no-cache'
    started = ["unshare", "--mount", "sh", "-ec", script, CRMOCK, tmp_path]
    done = subprocess.run(started, env=bare.ENVIRONMENT | {asked: "0", "CRMOCK_TLS_DIR": str(tmp_path)}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "") and f"{tmp_path}/ca.key: cannot be written" in done.stderr
    assert f"`{variables()['CRMOCK_TLS_DIR']}/ca.key: cannot be written`" in INSTALL


def test_ci_services_are_what_they_should_be():
    github, gitlab = documents("ci.yaml")
    job = github["jobs"]["test"]
    service = job["services"]["crmock"]
    port, = service["ports"]
    exposed = re.search(r"^EXPOSE (.*)$", DOCKERFILE, re.M).group(1).split()
    assert port.split(":")[1] in exposed and job["env"]["CRMOCK_URL"].endswith(f":{port.split(':')[0]}")
    assert github[True] == "push" and all("run" in step or "uses" in step for step in job["steps"])  # YAML 1.1 takes "on" for a truth
    service, = gitlab["test"]["services"]
    assert gitlab["test"]["variables"]["CRMOCK_URL"] == f"http://{service['alias']}:8080" and "8080" in exposed


def test_variables_are_of_options():
    """Of those that are there: whoever mistypes one is not told by crmock."""
    page = (bare.ROOT / "docs/options.md").read_text()
    compose, = documents("compose.yaml")
    _, deployment, _ = documents("kubernetes.yaml")
    _, gitlab = documents("ci.yaml")
    names = set(itertools.chain(variables(), compose["services"]["crmock"]["environment"], (one["name"] for one in deployment["spec"]["template"]["spec"]["containers"][0]["env"]), gitlab["test"]["variables"])) - {"CRMOCK_URL"}
    assert {name for name in names if f"`{name}`" not in page} == set()


def environment_of(unit, place):
    """That of its service, as systemd makes it: lines of the unit, then those of the file, which win. %X is a folder that the specifier is named after."""
    expanded = re.sub(r"%([A-Z])", rf"{place}/\1", unit)
    lines = [pair for line in re.findall(r"^Environment=(.*)$", expanded, re.M) for pair in line.split()]
    file, = re.findall(r"^EnvironmentFile=-(.*)$", expanded, re.M)
    lines += pathlib.Path(file).read_text().splitlines() if pathlib.Path(file).exists() else []
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("own, stores", [("", {"S/crmock/store.db"}), ("CRMOCK_DB={}/mine.db\nCRMOCK_CACHE={}/copies\nCRMOCK_TLS_DIR={}/keys\n", {"mine.db", "copies", "keys"})])
def test_what_the_unit_has_can_be_set(tmp_path, own, stores):
    """By the file of variables that the pages name, for no option stands in its command, which would win."""
    assert re.findall(r"^ExecStart=(.*)$", UNIT, re.M) == ["@PREFIX@/bin/crmock"]
    for folder in ("S", "C", "E"):
        (tmp_path / folder / "crmock").mkdir(parents=True)
    (tmp_path / "E/crmock/environment").write_text(own.replace("{}", str(tmp_path)))
    environment = environment_of(UNIT, tmp_path)
    assert set(environment) == {"CRMOCK_DB", "CRMOCK_CACHE", "CRMOCK_TLS_DIR"} and all(f"`{name}`" in INSTALL for name in environment)
    bare.sh(CRMOCK, "ca", env=environment)
    bare.sh(CRMOCK, "--port", "0", "--exit-with-stdin", env=environment, stdin=subprocess.DEVNULL)
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.name not in ("S", "C", "E", "crmock")}
    assert stores <= made and not (own and [path for path in made if path.startswith(("S/", "C/"))])
    assert own or {"S/crmock/tls", "S/crmock/tls/ca.key"} < made and [path for path in made if path.startswith("C/crmock/")]


@pytest.mark.parametrize("works, asked, taken", [
    ({"docker": True, "podman": True, "buildah": True}, "", "docker"), ({"docker": False, "podman": True, "buildah": True}, "", "podman"),
    ({"docker": False, "buildah": True}, "", "buildah"), ({"docker": True, "buildah": True}, "buildah", "buildah"), ({"docker": False}, "", None), ({"docker": True}, "podman", None)])
def test_an_image_is_built_by_what_works(tmp_path, works, asked, taken):
    """A docker without its daemon knows no version."""
    for name, does in works.items():
        (tmp_path / name).write_text(f'#!/bin/sh\n[ "$1" = version ] && exit {0 if does else 1}\necho {name} "$@"\n')
        (tmp_path / name).chmod(0o755)
    for name in ("sh", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name))
    done = subprocess.run([DOCKER / "image/build.sh", "1.2.3", "--some-flag"], capture_output=True, text=True, env={"PATH": str(tmp_path), "IMAGE_TOOL": asked})
    if taken is None:
        assert done.returncode == 1 and done.stdout == "" and re.fullmatch("make image: .*\n", done.stderr)
    else:
        call, said = done.stdout.splitlines()
        assert call.startswith(f"{taken} build -f docker/Dockerfile ") and call.endswith(" -t crmock:1.2.3 -t crmock:latest"
            + ("" if taken == "docker" else " --layers --format docker --ignorefile docker/Dockerfile.dockerignore") + " --some-flag .")
        assert said == f"crmock:1.2.3 built by {taken}"
