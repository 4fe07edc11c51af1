"""Forty-two programs written to break out of a box; each says `BROKE` when it gets through. `world.py` judges them."""

from dataclasses import dataclass

#: Known to every case: `W` (the world outside), `attempt` and `absent`.
PRELUDE = r"""
import ctypes, errno, json, os, resource, signal, socket, subprocess, sys, threading, time
W = json.loads(os.environ["WORLD"])
libc = ctypes.CDLL(None, use_errno=True)
def attempt(what, action, refused=(Exception,)):
    try:
        result = action()
    except refused as exc:
        print("refused", what, type(exc).__name__, exc)
    else:
        print("BROKE", what, repr(result)[:200])
def absent(path):
    attempt("read " + path, lambda: open(path).read(20), (FileNotFoundError,))
def call(name, number, *arguments):
    ctypes.set_errno(0)
    if libc.syscall(number, *arguments) >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS, errno.EACCES):
        print("BROKE", name, ctypes.get_errno())
"""


@dataclass(frozen=True)
class Case:
    """One hostile program."""

    id: str
    what: str
    code: str
    ends: tuple[str | int | None, ...] = (0,)
    """Exit codes and limits that are right; negative for a signal."""
    limits: tuple[tuple[str, float], ...] = ()
    seconds: float = 20.0
    """Its limit of time."""


CASES = (
    Case("H01", "read hidden checks by absolute path", 'absent(W["hidden"])'),
    Case("H02", "read another student's submission", 'absent(W["other"])'),
    Case(
        "H03",
        "read passwords and keys",
        """
for path in ("/etc/shadow", "/etc/passwd", "/root/.bashrc", "/root/.ssh/id_rsa", "/home", "/etc/machine-id"):
    attempt(path, lambda: open(path).read() if not os.path.isdir(path) else os.listdir(path))
""",
    ),
    Case(
        "H04",
        "find secrets in environments and command lines",
        """
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline"):
        try:
            text = open(f"/proc/{pid}/{name}", "rb").read()
        except OSError:
            continue
        if b"hunt" + b"er2" in text or (pid == "1" and name == "environ" and text):
            print("BROKE", pid, name, text[:200])
""",
    ),
    Case(
        "H05",
        "climb out through /proc, chroot and ..",
        """
for pid in ("1", "2", "self"):
    for way in ("root", "cwd", "fd/0/..", "root/.."):
        attempt(way, lambda: open(f"/proc/{pid}/{way}{W['hidden']}").read(), (OSError,))
attempt("dots", lambda: open("../" * 60 + W["hidden"][1:]).read(), (OSError,))
attempt("chroot", lambda: os.chroot("."), (OSError,))
""",
    ),
    Case(
        "H06",
        "inherit file descriptors",
        """
for number in range(3, 5000):
    try:
        os.fstat(number)
        print("BROKE", number, os.readlink(f"/proc/self/fd/{number}"))
    except OSError:
        pass
""",
    ),
    Case(
        "H07",
        "leave links to files of the machine as artifacts",
        """
os.makedirs("artifacts/model")
for number, path in enumerate((W["hidden"], "/etc/shadow", W["folder"], "/proc/self/environ")):
    os.symlink(path, f"artifacts/link{number}")
os.symlink(W["folder"], "artifacts/model/inner")
for number, path in enumerate((W["hidden"], "/usr/bin/env", json.__file__)):
    attempt("hard link", lambda: os.link(path, f"artifacts/hard{number}"), (OSError,))
""",
    ),
    Case(
        "H08",
        "learn about the machine",
        """
if W["folder"] in open("/proc/self/mountinfo").read():
    print("BROKE mountinfo")
if socket.gethostname() != "grader":
    print("BROKE host name", socket.gethostname())
if any(int(pid) > 500 for pid in os.listdir("/proc") if pid.isdigit()):
    print("BROKE processes")
""",
    ),
    Case(
        "H09",
        "overwrite the results",
        """
attempt("write", lambda: open(W["results"], "w").write("100"), (OSError,))
attempt("replace", lambda: os.replace("x", W["results"]), (OSError,))
attempt("folder", lambda: os.rename(W["folder"], W["folder"] + "2"), (OSError,))
""",
    ),
    Case(
        "H10",
        "plant files that steer Python and pytest",
        """
os.makedirs("artifacts")
for name in ("conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.ini", "setup.cfg", "tox.ini"):
    open("artifacts/" + name, "w").write("raise SystemExit")
attempt("site", lambda: open(os.path.join(sys.prefix, "lib", "x.pth"), "w"), (OSError,))
""",
    ),
    Case(
        "H11",
        "poison what the next student imports",
        """
for path in (json.__file__, sys.executable, os.path.join(sys.prefix, "x"), "/usr/bin/env", "/usr/x", "/lib/x"):
    attempt("write " + path, lambda: open(path, "ab").write(b"x"), (OSError,))
attempt("chmod", lambda: os.chmod(json.__file__, 0o777), (OSError,))
attempt("times", lambda: os.utime(json.__file__, (1, 1)), (OSError,))
attempt("attribute", lambda: os.setxattr(json.__file__, "user.x", b"1"), (OSError,))
""",
    ),
    Case(
        "H12",
        "connect to a service of the machine",
        """
for host in ("127.0.0.1", "localhost", "0.0.0.0", "::1"):
    attempt(host, lambda: socket.create_connection((host, W["port"]), 1), (OSError,))
""",
    ),
    Case(
        "H13",
        "reach the network outside",
        """
attempt("tcp", lambda: socket.create_connection(("1.1.1.1", 443), 1), (OSError,))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for address in ("8.8.8.8", "255.255.255.255", "10.0.0.1", "169.254.169.254"):
    attempt("udp " + address, lambda: datagrams.sendto(b"x", (address, 53)), (OSError,))
attempt("dns", lambda: socket.gethostbyname("example.com"), (OSError,))
""",
    ),
    Case(
        "H14",
        "connect to Unix sockets of the machine",
        r"""
for name in ("\0" + W["abstract"], W["unix"], "/var/run/docker.sock", "/run/dbus/system_bus_socket"):
    client = socket.socket(socket.AF_UNIX)
    attempt(repr(name), lambda: client.connect(name), (OSError,))
""",
    ),
    Case(
        "H15",
        "open sockets that know no namespaces",
        """
for name, *what in (("vsock", 40, 1), ("packet", 17, 3), ("alg", 38, 5), ("bluetooth", 31, 3), ("can", 29, 3),
                    ("raw", 2, 3), ("raw6", 10, 3), ("audit", 16, 3, 9), ("nfc", 39, 3), ("key", 15, 3),
                    ("xdp", 44, 3)):
    attempt(name, lambda: socket.socket(*what), (OSError,))
""",
    ),
    Case(
        "H16",
        "hog memory in one process",
        "kept = []\nwhile True: kept.append(bytearray(b'1' * 4_000_000))",
        ("GR403",),
    ),
    Case(
        "H17",
        "hog memory in twenty processes",
        """
for _ in range(20):
    if os.fork() == 0:
        kept = bytearray(b"1" * 30_000_000)
        time.sleep(60)
time.sleep(60)
""",
        ("GR403",),
        (("processes", 64),),
    ),
    Case("H18", "fork bomb", "while True:\n    try: os.fork()\n    except OSError: pass", ("GR404", "GR403")),
    Case(
        "H19",
        "thread bomb",
        """
for _ in range(100_000):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("BROKE")
""",
        ("GR404", 1),
        (("processes", 4),),
    ),
    Case(
        "H20",
        "fill the memory file systems",
        """
for folder in ("/tmp", "/dev/shm"):
    def fill():
        with open(folder + "/large", "wb") as file:
            for _ in range(1000):
                file.write(b"x" * 1_000_000)
    attempt(folder, fill, (OSError,))
    os.truncate(folder + "/large", 0)
""",
        (0, "GR403"),
        (("memory_bytes", 1500 * 1024**2), ("file_bytes", 2 * 1024**3)),
    ),
    Case(
        "H21",
        "fill / and /dev",
        """
for path in ("/large", "/dev/large", "/etc/large", "/proc/large", "/run/large", "/var/large"):
    attempt(path, lambda: open(path, "wb"), (OSError,))
""",
    ),
    Case(
        "H22",
        "use up inodes",
        "for number in range(10_000): open(f'/tmp/{number}', 'w').close()\ntime.sleep(60)",
        ("GR406",),
    ),
    Case(
        "H23",
        "hold memory that stands in no process",
        """
kept = []
try:
    memory = os.memfd_create("x")
    while True:
        os.write(memory, b"x" * 4_000_000)
except OSError as exc:
    print("memory file", exc)
for _ in range(2000):
    try:
        left, right = socket.socketpair()
        left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
        left.setblocking(False)
        kept.append((left, right))
        while True:
            left.send(b"x" * 60_000)
    except BlockingIOError:
        pass
    except OSError as exc:
        print("sockets", len(kept), exc)
        break
""",
        (0, "GR403"),
        (("memory_bytes", 200 * 1024**2), ("file_bytes", 1024**4)),
    ),
    Case(
        "H24", "flood the output", "while True: os.write(1, b'x' * 65536)", ("GR405",), (("output_bytes", 1024 * 1024),)
    ),
    Case(
        "H25",
        "spin and ignore signals",
        """
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGXCPU):
    signal.signal(number, signal.SIG_IGN)
while True: pass
""",
        ("GR402",),
        (("cpu_seconds", 0.5),),
    ),
    Case("H26", "stop itself for ever", "os.kill(os.getpid(), signal.SIGSTOP)", ("GR401",), seconds=1.0),
    Case(
        "H27",
        "open every descriptor",
        """
kept = []
def opened():
    for _ in range(100_000):
        kept.append(open("/dev/null"))
attempt("open", opened, (OSError,))
if len(kept) > 4096:
    print("BROKE", len(kept))
""",
    ),
    Case(
        "H28",
        "leave huge, deep and many artifacts",
        """
os.makedirs("artifacts/" + "/".join("d" * 40))
sparse = os.open("artifacts/sparse", os.O_CREAT | os.O_WRONLY)
attempt("sparse", lambda: os.truncate(sparse, 1 << 40), (OSError,))
for number in range(4000):
    open(f"artifacts/{number}", "w").close()
""",
    ),
    Case("H29", "dump a core", "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nos.abort()", (-6,)),
    Case(
        "H30",
        "outlive the run as a daemon",
        """
if os.fork() == 0:
    os.setsid()
    libc.prctl(1, 0)
    if os.fork() == 0:
        for number in range(3):
            os.close(number)
        while True:
            time.sleep(0.05)
    os._exit(0)
time.sleep(0.1)
""",
    ),
    Case(
        "H31",
        "kill what is not its own",
        """
for pid in (W["grader"], W["bystander"]):
    attempt("kill", lambda: os.kill(pid, 9), (OSError,))
os.kill(-1, 9)
""",
        (0, -9, None),
    ),
    Case(
        "H32",
        "read other processes",
        """
call("ptrace", 101, 16, os.getppid(), 0, 0)
call("process_vm_readv", 310, os.getppid(), 0, 0, 0, 0, 0)
call("pidfd_getfd", 438, 0, 0, 0)
call("kcmp", 312, 1, 2, 0, 0, 0)
for pid in (1, os.getppid()):
    for name in ("mem", "environ", "fd", "maps"):
        path = f"/proc/{pid}/{name}"
        def read():
            if name == "fd":
                return [os.open(f"{path}/{number}", os.O_RDWR) for number in os.listdir(path)]
            with open(path, "rb") as file:
                if name == "mem":
                    file.seek(4096)
                content = file.read(100)
                if not content:
                    raise OSError("empty")
        if not (pid == 1 and name == "maps"):
            attempt(path, read, (OSError,))
""",
    ),
    Case(
        "H33",
        "make namespaces and mounts",
        """
for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000):
    call("unshare", 272, flag)
    call("clone", 56, flag | 17, 0, 0, 0, 0)
call("mount", 165, b"none", b"/tmp", b"tmpfs", 0, 0)
call("remount", 165, 0, b"/usr", 0, 32 | 4096, 0)
call("open_tree", 428, -100, b"/", 1)
call("setns", 308, 0, 0)
""",
    ),
    Case(
        "H34",
        "gain privileges",
        """
status = open("/proc/self/status").read()
none = "\\t" + "0" * 16
for line in ("CapEff:" + none, "CapPrm:" + none, "CapBnd:" + none, "NoNewPrivs:\\t1"):
    if line not in status:
        print("BROKE", line)
attempt("setuid", lambda: os.setuid(0), (OSError,))
open("mine", "w").close()
attempt("setuid bit", lambda: os.chmod("mine", 0o4755), (OSError,))
attempt("new setuid file", lambda: os.open("other", os.O_CREAT | os.O_WRONLY, 0o6755), (OSError,))
for program in ("/usr/bin/su", "/usr/bin/passwd", "/usr/bin/mount"):
    if os.path.exists(program):
        print(subprocess.run([program, "-c", "id"], capture_output=True, stdin=subprocess.DEVNULL).returncode)
""",
    ),
    Case(
        "H35",
        "use rare parts of the kernel",
        """
for name, number in (("bpf", 321), ("io_uring", 425), ("perf", 298), ("userfaultfd", 323), ("keyctl", 250),
                     ("add_key", 248), ("kexec", 246), ("module", 313), ("fanotify", 300), ("handle", 304),
                     ("quotactl", 179), ("swapon", 167), ("reboot", 169), ("clone3", 435), ("memfd_secret", 447)):
    call(name, number, 0, 0, 0, 0, 0)
""",
    ),
    Case(
        "H36",
        "type into the grader's terminal",
        """
import fcntl
attempt("tty", lambda: os.open("/dev/tty", os.O_RDWR), (OSError,))
for number in range(3):
    attempt("TIOCSTI", lambda: fcntl.ioctl(number, 0x5412, b"x"), (PermissionError,))
""",
    ),
    Case(
        "H37",
        "raise its own limits",
        """
for name in ("NOFILE", "NPROC", "FSIZE", "CORE"):
    kind = getattr(resource, "RLIMIT_" + name)
    attempt(name, lambda: resource.setrlimit(kind, (1 << 40, 1 << 40)), (OSError, ValueError))
attempt("nice", lambda: os.nice(-5), (OSError,))
attempt("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)), (OSError,))
attempt("spared", lambda: os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000"), (OSError,))
attempt("clock", lambda: time.clock_settime(time.CLOCK_REALTIME, 1), (OSError,))
""",
    ),
    Case(
        "H38",
        "leave things that are no files",
        """
os.makedirs("artifacts")
os.mkfifo("artifacts/pipe")
socket.socket(socket.AF_UNIX).bind("artifacts/socket")
attempt("device", lambda: os.mknod("artifacts/device", 0o600 | 0o20000, os.makedev(1, 1)), (OSError,))
os.close(os.open("artifacts/locked", os.O_CREAT, 0))
open("artifacts/fine.json", "w").write("{}")
""",
    ),
    Case(
        "H39",
        "leave names that hurt",
        r"""
os.makedirs("artifacts")
for name in (b"new\nline", b"\x1b[31mred", b"-rf", b"\xff\xfe", b"a" * 250, b"..;", b"=cmd|' calc'!A1", b" "):
    os.close(os.open(b"artifacts/" + name, os.O_CREAT, 0o644))
""",
    ),
    Case(
        "H40",
        "go on rewriting artifacts after the end",
        """
os.makedirs("artifacts")
if os.fork() == 0:
    os.setsid()
    number = 0
    while True:
        number += 1
        open("artifacts/partial", "w").write(str(number))
        os.replace("artifacts/partial", "artifacts/value.json")
while not os.path.exists("artifacts/value.json"):
    time.sleep(0.01)
""",
    ),
    Case(
        "H41",
        "hold memory in the buffers of connections to itself",
        """
kept = []
server = socket.create_server(("127.0.0.1", 0), backlog=256)
for _ in range(120):
    client = socket.create_connection(server.getsockname())
    kept += [client, server.accept()[0]]
    client.setblocking(False)
    try:
        while True:
            client.send(b"x" * 65536)
    except BlockingIOError:
        pass
time.sleep(60)
""",
        ("GR403",),
        (("memory_bytes", 200 * 1024**2),),
    ),
    Case(
        "H42",
        "hold memory in Unix sockets of many processes",
        """
for _ in range(20):
    if os.fork() == 0:
        kept = [socket.socketpair() for _ in range(200)]
        for pair in kept:
            for end in pair:
                end.setblocking(False)
                try:
                    while True:
                        end.send(b"x" * 60_000)
                except BlockingIOError:
                    pass
        time.sleep(60)
time.sleep(60)
""",
        ("GR403",),
        (("memory_bytes", 400 * 1024**2),),
    ),
)
BY_ID = {case.id: case for case in CASES}
