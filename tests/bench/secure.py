"""The bench's rows of TLS and the proxy."""
import contextlib
import pathlib
import re
import socket
import subprocess

from worlds import PATH

TURNS = 15
TUNNELS = 1000
SECONDS = 1


def port_of(server):
    """What the next line of a server says that it listens on."""
    return int(server.process.stdout.readline().rsplit(":", 1)[1])


def posts(start, wrk, row, bodies, folder):
    server = start("--tls-port", 0, "--tls-dir", folder)
    secure = port_of(server)
    for name, body in bodies.items():
        pairs = [(wrk(secure, PATH, body, "https"), wrk(server.port, PATH, body, "http")) for _ in range(TURNS)]
        row(f"{name}, over TLS that is kept, beside plain", *zip(*pairs), "requests/s", f"wrk: POST https://{PATH}", f"wrk: POST http://{PATH}")
    server.stop()


def handshakes_a_second(port):
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", str(SECONDS)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return int(re.search(r"^(\d+) connections in \d+ real seconds", said, re.M).group(1)) / SECONDS


def handshakes(start, row, folder):
    server = start("--tls-port", 0, "--tls-dir", folder)
    secure = port_of(server)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-cert", folder / "server.pem", "-key", folder / "server.key"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
        pairs = [(handshakes_a_second(secure), handshakes_a_second(port)) for _ in range(5)]
        other.terminate()
    row("new TLS connections, one after the other, beside openssl s_server with the same certificate", *zip(*pairs), "a second", "openssl s_time -new -time 1", "the same")
    server.stop()


def tunnels(start, row, folder):
    """Memory with so many tunnels that carry nothing, beside as many plain connections."""
    taken = []
    for by_proxy in (True, False):
        server = start("--proxy-port", 0, "--tls-dir", folder, "--max-connections", 2 * TUNNELS)
        proxy = port_of(server)
        with contextlib.ExitStack() as open_ones:
            for _ in range(TUNNELS):
                one = open_ones.enter_context(socket.create_connection(("127.0.0.1", proxy if by_proxy else server.port)))
                one.sendall(b"CONNECT www.zohoapis.com:443 HTTP/1.1\r\n\r\n" if by_proxy else b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert one.recv(1000).startswith(b"HTTP/1.1 200")
            taken.append([server.memory()])
        server.stop()
    row(f"resident memory with {TUNNELS:,} idle tunnels, beside {TUNNELS:,} idle plain connections", *taken, "MiB", "CONNECT www.zohoapis.com:443", "GET /healthz")


def secure(start, wrk, row, bodies, folder):
    folder = pathlib.Path(folder) / "tls"
    posts(start, wrk, row, bodies, folder)
    handshakes(start, row, folder)
    tunnels(start, row, folder)
