"""Which system calls a box refuses, with their numbers on the architectures that are known."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Architecture:
    """What the filter needs to know of one architecture."""

    audit: int
    """Its `AUDIT_ARCH` constant."""
    x32: bool
    """Whether a second table of calls hides behind a high bit."""
    numbers: dict[str, int] = field(default_factory=dict[str, int])


#: Answered with ENOSYS, so that libraries fall back: their arguments lie behind pointers or they bypass this filter.
MISSING = ("clone3", "openat2", "fchmodat2", "io_uring_setup", "io_uring_enter", "io_uring_register")
#: Answered with EPERM, whatever their arguments.
ALWAYS_DENIED = (
    # the kernel itself
    *("init_module", "finit_module", "delete_module", "create_module", "get_kernel_syms", "query_module"),
    *("kexec_load", "kexec_file_load", "reboot", "bpf", "perf_event_open", "userfaultfd", "syslog", "nfsservctl"),
    *("lookup_dcookie", "uselib", "_sysctl", "sysfs", "ustat", "vhangup", "personality", "acct"),
    *("swapon", "swapoff", "quotactl", "quotactl_fd", "iopl", "ioperm", "modify_ldt", "memfd_secret"),
    # namespaces and mounts
    *("mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "open_tree_attr", "fsopen", "fsconfig"),
    *("fsmount", "fspick", "mount_setattr", "statmount", "listmount", "setns", "unshare"),
    # other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise"),
    # keys, handles that bypass paths, watching of whole file systems
    *("keyctl", "add_key", "request_key", "open_by_handle_at", "name_to_handle_at", "fanotify_init", "fanotify_mark"),
    # the clock and the name of the machine; placement of memory of others
    *("settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname"),
    *("migrate_pages", "move_pages"),
)
#: Memory that stands in no process's resident set: refused where no cgroup counts it.
DENIED_WITHOUT_CGROUP = ("memfd_create", "shmget", "msgget", "semget", "mq_open")
#: AF_UNIX, AF_INET, AF_INET6; AF_NETLINK has a rule of its own.
SOCKET_FAMILIES = (1, 2, 10)
#: CLONE_NEW* of mount, cgroup, UTS, IPC, user, PID and network.
NAMESPACE_FLAGS = 0x7E020000
#: Calls that give a file its mode, with the argument that holds it.
SETUID_MODES = (
    *(("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("creat", 1), ("open", 2), ("openat", 3)),
    *(("mknod", 1), ("mknodat", 2)),
)


def _table(text: str) -> dict[str, int]:
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


#: Since Linux 5.1 new calls have one number everywhere.
_SHARED = _table(
    """
    io_uring_setup 425 io_uring_enter 426 io_uring_register 427 open_tree 428 move_mount 429 fsopen 430 fsconfig 431
    fsmount 432 fspick 433 clone3 435 openat2 437 pidfd_getfd 438 process_madvise 440 mount_setattr 442
    quotactl_fd 443 memfd_secret 447 fchmodat2 452 statmount 457 listmount 458 open_tree_attr 467
    """
)
_X86_64 = _table(
    """
    init_module 175 finit_module 313 delete_module 176 create_module 174 get_kernel_syms 177 query_module 178
    kexec_load 246 kexec_file_load 320 reboot 169 bpf 321 perf_event_open 298 userfaultfd 323 syslog 103
    nfsservctl 180 lookup_dcookie 212 uselib 134 _sysctl 156 sysfs 139 ustat 136 vhangup 153 personality 135 acct 163
    swapon 167 swapoff 168 quotactl 179 iopl 172 ioperm 173 modify_ldt 154
    mount 165 umount2 166 pivot_root 155 chroot 161 setns 308 unshare 272
    ptrace 101 process_vm_readv 310 process_vm_writev 311 kcmp 312
    keyctl 250 add_key 248 request_key 249 open_by_handle_at 304 name_to_handle_at 303 fanotify_init 300
    fanotify_mark 301 settimeofday 164 clock_settime 227 clock_adjtime 305 adjtimex 159 sethostname 170
    setdomainname 171 migrate_pages 256 move_pages 279
    memfd_create 319 shmget 29 msgget 68 semget 64 mq_open 240
    socket 41 socketpair 53 clone 56 ioctl 16 setsockopt 54 fcntl 72
    chmod 90 fchmod 91 fchmodat 268 creat 85 open 2 openat 257 mknod 133 mknodat 259
    """
)
_AARCH64 = _table(
    """
    init_module 105 finit_module 273 delete_module 106 kexec_load 104 kexec_file_load 294 reboot 142 bpf 280
    perf_event_open 241 userfaultfd 282 syslog 116 nfsservctl 42 lookup_dcookie 18 vhangup 58 personality 92 acct 89
    swapon 224 swapoff 225 quotactl 60 mount 40 umount2 39 pivot_root 41 chroot 51 setns 268 unshare 97
    ptrace 117 process_vm_readv 270 process_vm_writev 271 kcmp 272 keyctl 219 add_key 217 request_key 218
    open_by_handle_at 265 name_to_handle_at 264 fanotify_init 262 fanotify_mark 263 settimeofday 170
    clock_settime 112 clock_adjtime 266 adjtimex 171 sethostname 161 setdomainname 162 migrate_pages 238
    move_pages 239 memfd_create 279 shmget 194 msgget 186 semget 190 mq_open 180
    socket 198 socketpair 199 clone 220 ioctl 29 setsockopt 208 fcntl 25
    fchmod 52 fchmodat 53 openat 56 mknodat 33
    """
)
#: By what `uname -m` says.
ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, x32=True, numbers=_SHARED | _X86_64),
    "aarch64": Architecture(0xC00000B7, x32=False, numbers=_SHARED | _AARCH64),
}
