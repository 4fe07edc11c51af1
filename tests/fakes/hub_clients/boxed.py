"""Runs the steps in a network namespace of their own: the listener is made inside and handed out to the Hub.

Called as `unshare -rn python -m tests.fakes.hub_clients.boxed FD OUTCOME`; FD is a unix socket over which the listening
socket leaves and the environment comes in.
"""

import fcntl
import json
import os
import socket
import struct
import sys

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def main() -> None:
    """Bring loopback up, hand out a listener, wait for the environment, become the steps."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    socket.send_fds(channel, [b"listener"], [listening.fileno()])
    listening.close()
    with channel.makefile() as lines:
        environment = json.loads(lines.readline())
    module = [sys.executable, "-m", "tests.fakes.hub_clients.steps", sys.argv[2]]
    os.execve(sys.executable, module, environment)


if __name__ == "__main__":
    main()
