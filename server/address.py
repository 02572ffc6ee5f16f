"""Takes a port for several worker processes, and for them alone."""

import errno
import socket
from contextlib import suppress
from dataclasses import dataclass

from playbill.errors import BadInput, PortInUse


@dataclass(frozen=True, eq=False)
class Reserved:
    """A port that this process holds; its workers may listen there, nobody else may."""

    address: str  # numeric host and port, as gRPC takes them
    held: socket.socket


def reserve(address: str) -> Reserved:
    """Reserves `host:port`; port 0 takes a free one. Raises BadInput or PortInUse.

    With SO_REUSEPORT alone a second server would share the port without a word, and each would get
    half of the requests. So the port is bound in the ordinary way first, which fails when anybody
    has it, and opened to sharing only afterwards: the kernel compares the options of both sides.
    SO_REUSEADDR is set only while binding, to get past connections of a server that just ended.
    """
    host, port = parse(address)
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise BadInput(f"address {address!r}: {host!r} is no host ({error.strerror}).") from None
    held = socket.socket(family, kind, protocol)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(where)
    except OSError as error:
        held.close()
        raise _refused(address, error) from None
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    with suppress(OSError):
        held.set_inheritable(False)
    numeric, chosen = held.getsockname()[:2]
    return Reserved(f"[{numeric}]:{chosen}" if ":" in numeric else f"{numeric}:{chosen}", held)


def parse(address: str) -> tuple[str, int]:
    """Raises BadInput."""
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= 65535):
        raise BadInput(f"address {address!r}: not host:port; write it as 127.0.0.1:50051.")
    return host.strip("[]"), int(port)


def _refused(address: str, error: OSError) -> Exception:
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"{address}: another process listens there; stop it, or choose another port with "
            "--address (port 0 takes a free one)."
        )
    return BadInput(f"address {address!r}: cannot listen there ({error.strerror}).")
