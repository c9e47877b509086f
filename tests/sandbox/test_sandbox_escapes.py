"""Attempts to see, change or outlive what is outside. Each must fail, and the harness must not notice."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import pytest

from harness.sandbox.bubblewrap import WRITABLE
from tests.sandbox.inside import attack, needs_sandbox, shell

pytestmark = needs_sandbox
ROOT = Path(__file__).resolve().parents[2]


async def test_files_of_the_machine_are_not_there(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary-of-the-host")
    hidden = [
        "/etc/shadow", "/root", "/home", "/var", "/run", "/sys", "/boot", "/mnt", str(ROOT), str(secret), "/dev/kmsg",
        "/dev/mem", "/dev/sda", "/dev/vda", "/dev/fuse", "/dev/kvm",
    ]  # fmt: skip
    ran = await attack(f"""
        import json, os
        for path in {hidden!r}:
            for way in (path, "/proc/self/root" + path, "/proc/1/root" + path, "/proc/1/cwd/.." + path,
                        "/work/../../../.." + path):
                try:
                    seen = os.listdir(way) if os.path.isdir(way) else [repr(open(way, "rb").read(64))]
                except OSError:
                    continue
                print(json.dumps([path, seen]))
        """)
    # What leads to the interpreter, where that is no part of the system, shows its own next step and nothing beside.
    prefix = Path(sys.base_prefix)
    steps = [*reversed(prefix.parents), prefix]
    way_there = {str(above): [below.name] for above, below in pairwise(steps)}
    for path, seen in map(json.loads, ran.stdout.splitlines()):
        assert seen == way_there.get(path), path


async def test_only_its_own_places_can_be_written() -> None:
    ran = await attack("""
        import json, os
        written = []
        for where, directories, files in os.walk("/"):
            if where.startswith("/proc"):
                directories[:] = []
            try:
                open(where + "/written-by-the-sandbox", "w").close()
                written.append(where)
            except OSError:
                pass
            if where.count("/") > 3:
                directories[:] = []
        for path in ["/etc/passwd", "/etc/ld.so.cache", "/usr/bin/env", "/given/program.py", "/proc/sysrq-trigger",
                     "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches",
                     "/proc/sys/user/max_user_namespaces", "/proc/self/uid_map", "/proc/self/oom_score_adj"]:
            try:
                with open(path, "r+") as file:
                    file.write("-500" if path.endswith("adj") else "1")
                written.append(path)
            except OSError:
                pass
        print(json.dumps(sorted(written)))
        """)
    assert json.loads(ran.stdout) == sorted(WRITABLE)
    assert "written-by-the-sandbox" not in os.listdir("/usr")  # noqa: PTH208


async def test_the_harness_process_is_out_of_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-in-the-environment")
    ran = await attack(f"""
        import ctypes, os, signal
        for name in os.listdir("/proc"):
            if name.isdigit():
                for file in ("environ", "cmdline"):
                    try:
                        print(open(f"/proc/{{name}}/{{file}}", "rb").read())
                    except OSError:
                        pass
        print(os.environ, len([n for n in os.listdir("/proc") if n.isdigit()]), "processes")
        print("descriptors", sorted(os.listdir("/proc/self/fd"))[:3], len(os.listdir("/proc/self/fd")))
        for pid in ({os.getpid()}, {os.getppid()}):
            try:
                os.kill(pid, signal.SIGKILL)
                print("KILLED", pid)
            except ProcessLookupError:
                pass
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.ptrace(16, pid, 0, 0) == 0:
                print("TRACED", pid)
        """)
    assert "canary" not in ran.stdout
    assert "KILLED" not in ran.stdout
    assert "TRACED" not in ran.stdout
    assert "pytest" not in ran.stdout
    assert " 2 processes" in ran.stdout
    assert "descriptors ['0', '1', '2'] 4" in ran.stdout  # the fourth lists them


async def test_a_key_handed_on_is_in_no_command_line() -> None:
    """What starts the sandbox is seen by every user of the machine."""
    script = "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $f; done; echo; echo $KEY"
    ran = await shell(script, environment={"KEY": "sk-canary-handed-on"})
    assert ran.stdout.count("sk-canary-handed-on") == 1


async def test_no_privilege_can_be_had() -> None:
    ran = await shell("""
        grep -E 'CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs' /proc/self/status /proc/1/status
        for try in 'unshare -Ur true' 'unshare -m true' 'mount -t tmpfs none /tmp' 'mount --bind /tmp /work' \\
                   'mount -o remount,rw /usr' 'umount /proc' 'mknod disk b 254 0' 'chroot / true' \\
                   'nsenter -t 1 -m true' 'dmesg' 'bwrap --ro-bind / / true' \\
                   'hostname x' 'su -c true' 'chown 0 /work' 'chown 0:0 /tmp' \\
                   'rmdir /work' 'mv /work /w' 'ln -s / /work/../x' 'swapoff -a'; do
          if $try >/dev/null 2>&1; then echo "DID $try"; fi
        done
        cp /usr/bin/id me; chmod 6755 me; ./me -u; ./me -g
        find /usr/bin /usr/sbin -perm /6000 2>/dev/null | while read -r each; do
          case $(findmnt -no OPTIONS -T $each) in *nosuid*) ;; *) echo "SETUID $each";; esac
        done
        """)
    lines = ran.stdout.splitlines()
    assert [line for line in lines if line.startswith(("DID", "SETUID"))] == []
    assert all(int(line.rpartition("\t")[2], 16) == 0 for line in lines if ":Cap" in line)
    assert sum(":Cap" in line for line in lines) == 8
    assert sum("NoNewPrivs:\t1" in line for line in lines) == 2
    assert lines[-2:] == ["1000", "1000"]


async def test_no_network_and_no_socket_of_the_machine(tmp_path: Path) -> None:
    address = str(tmp_path / "host.sock")
    abstract = f"\0palimpsest-test-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as hidden,
    ):
        udp.bind(("127.0.0.1", 0))
        unix.bind(address)
        hidden.bind(abstract)
        for listening in (unix, hidden):
            listening.listen()
        for one in (tcp, udp, unix, hidden):
            one.setblocking(False)
        code = f"""
            import os, socket
            def attempt(what, family, kind, where):
                with socket.socket(family, kind) as s:
                    s.settimeout(2)
                    try:
                        s.connect(where)
                        s.send(b"x")
                        print("REACHED", what)
                    except OSError:
                        print("no", what)
            attempt("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", {tcp.getsockname()[1]}))
            attempt("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", {udp.getsockname()[1]}))
            attempt("outside", socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 53))
            attempt("six", socket.AF_INET6, socket.SOCK_STREAM, ("::1", {tcp.getsockname()[1]}))
            attempt("unix", socket.AF_UNIX, socket.SOCK_STREAM, {address!r})
            attempt("abstract", socket.AF_UNIX, socket.SOCK_STREAM, {abstract!r})
            print(sorted(name for _, name in socket.if_nameindex()))
            """
        ran = await attack(code)
        # loopback is up, but its own: a datagram goes off and reaches nobody
        told = ran.stdout.replace("REACHED udp", "no udp").splitlines()
        assert told == [*(f"no {what}" for what in ("tcp", "udp", "outside", "six", "unix", "abstract")), "['lo']"]
        for one in (tcp, unix, hidden):
            with pytest.raises(BlockingIOError):
                one.accept()
        with pytest.raises(BlockingIOError):
            udp.recv(16)


async def test_with_network_the_loopback_is_the_machines() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ran = await shell(f"bash -c 'echo hello > /dev/tcp/127.0.0.1/{port}'; ls /etc", network=True)
        assert ran.status == 0, ran.stderr
        server.settimeout(10)
        with server.accept()[0] as connection:
            assert connection.recv(64) == b"hello\n"


async def test_signals_to_everyone_stay_inside() -> None:
    ran = await attack("""
        import os, signal
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
            try:
                os.kill(-1, number)
                print("REACHED SOMEONE")
            except ProcessLookupError:
                pass
        os.kill(0, signal.SIGTERM)
        print("said")
        """)
    assert (ran.status, ran.stdout) == (0, "said\n")


def test_nothing_is_typed_into_the_terminal() -> None:
    """A command of a user with a terminal could push characters into it (TIOCSTI) if it shared the session."""
    inside = """
import fcntl, os, termios
for where in ("/dev/tty", "/dev/console", "/proc/self/fd/0", "/proc/1/fd/0"):
    try:
        fd = os.open(where, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        continue
    try:
        fcntl.ioctl(fd, termios.TIOCSTI, b"x")
        print("TYPED", where)
    except OSError:
        pass
print("tried", os.isatty(0), os.isatty(1), os.isatty(2))
"""
    code = f"""
import asyncio, sys
from harness.sandbox import python
assert sys.stdin.isatty() and sys.stdout.isatty()
print(asyncio.run(python({inside!r}, {{}})).stdout)
"""
    command = ["script", "-qec", f'"{sys.executable}" -c "$CODE"', "/dev/null"]
    told = subprocess.run(
        command, env={**os.environ, "CODE": textwrap.dedent(code)}, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "tried False False False" in told
    assert "TYPED" not in told
