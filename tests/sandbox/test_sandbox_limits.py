"""Programs that take all they can: each is held, and its sandbox ends."""

from __future__ import annotations

from dataclasses import replace

from harness.sandbox.bubblewrap import WRITABLE
from tests.sandbox.inside import SMALL, attack, needs_sandbox, running, shell

pytestmark = needs_sandbox


async def test_processes_are_counted_for_each_sandbox() -> None:
    ran = await attack("""
        import os, time
        made = 0
        try:
            while True:
                if os.fork() == 0:
                    time.sleep(60)
                    os._exit(0)
                made += 1
        except BlockingIOError:
            print(made)
        """)
    assert int(ran.stdout) == SMALL.processes - 1


async def test_a_fork_bomb_burns_out() -> None:
    ran = await shell("b() { b | b & }; b; sleep 4242.1", replace(SMALL, seconds=0.5))
    assert ran.timed_out or "fork" in ran.stderr
    assert not running("b | b &")
    assert not running("sleep 4242.1")


async def test_one_process_gets_no_more_memory_than_allowed() -> None:
    ran = await attack("""
        try:
            bytearray(256 << 20)
        except MemoryError:
            print("refused")
        """)
    assert ran.stdout == "refused\n"


async def test_all_together_get_no_more_memory_than_allowed() -> None:
    code = """
        import os, time
        for _ in range(8):
            if os.fork() == 0:
                mine = b"x" * (60 << 20)
                time.sleep(60)
        time.sleep(60)
        """
    assert (await attack(code)).reason == "memory"
    shared = """
        import mmap, time
        held = [mmap.mmap(-1, 64 << 20) for _ in range(8)]
        for each in held:
            each.write(b"x" * (64 << 20))
        time.sleep(60)
        """
    assert (await attack(shared)).reason == "memory"


async def test_pages_that_processes_share_are_counted_once() -> None:
    ran = await attack("""
        import os, time
        held = b"x" * (60 << 20)
        children = []
        for _ in range(6):
            if (child := os.fork()) == 0:
                time.sleep(0.5)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        print("done")
        """)
    assert (ran.stdout, ran.reason) == ("done\n", "")


async def test_a_disk_is_filled_no_further_than_allowed() -> None:
    ran = await attack(f"""
        import errno, os
        def fill(place, hidden):
            total = number = 0
            held = []
            try:
                while True:
                    held.append(os.open(f"{{place}}/{{number}}", os.O_CREAT | os.O_WRONLY))
                    if hidden:
                        os.unlink(f"{{place}}/{{number}}")
                    number += 1
                    for _ in range(16):
                        total += os.write(held[-1], b"x" * 65536)
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
            for each in held:
                os.close(each)
            return total
        print(*(fill(place, hidden) for place in {WRITABLE!r} for hidden in (True, False)))
        """)
    assert [int(word) for word in ran.stdout.split()] == [SMALL.disk_mb << 20] * 6


async def test_one_file_is_no_larger_than_allowed() -> None:
    ran = await attack("""
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for grow in (lambda f: f.truncate(1 << 40), lambda f: (f.seek(3 << 20), f.write(b"x"), f.flush())):
            try:
                with open("big", "wb") as file:
                    grow(file)
                print("GREW")
            except OSError as error:
                print(error.strerror)
        """)
    assert ran.stdout == "File too large\n" * 2


async def test_a_million_files_end_the_run() -> None:
    for place in WRITABLE:
        ran = await attack(f"""
            for n in range(1_000_000):
                open(f"{place}/{{n}}", "w").close()
            print("MADE")
            """)
        assert ran.reason == "files"
        assert ran.stdout == ""
        assert ran.files == {}
    assert "allowed: none was read" in (await shell("seq 150 | xargs touch")).refused[0].why


async def test_a_flood_of_output_is_cut_and_ended() -> None:
    for stream in ("1", "2"):
        ran = await shell(f"yes >&{stream}")
        assert (ran.reason, ran.cut) == ("output", True)
        assert len(ran.stdout + ran.stderr) == SMALL.output_kb << 10


async def test_a_huge_line_and_bytes_that_are_no_text() -> None:
    ran = await shell("head -c 500000 /dev/zero; printf '\\377\\0\\033[2J' >&2")
    assert (ran.reason, ran.cut, ran.stdout) == ("", True, "\0" * (SMALL.output_kb << 10))
    assert ran.stderr == "�\0\x1b[2J"


async def test_who_ignores_signals_is_ended_all_the_same() -> None:
    brief = replace(SMALL, seconds=0.3)
    ran = await shell("trap '' TERM INT HUP QUIT PIPE; echo here; while :; do sleep 4242.2; done", brief)
    assert (ran.timed_out, ran.stdout, ran.status) == (True, "here\n", 137)
    assert ran.seconds >= 0.3
    assert not running("sleep 4242.2")


async def test_who_closes_its_output_runs_on() -> None:
    ran = await shell("exec <&- >&- 2>&-; sleep 0.2; echo late > done")
    assert (ran.status, ran.files) == (0, {"done": "late\n"})


async def test_who_reads_nothing_is_no_hindrance() -> None:
    ran = await shell("echo done", stdin="x" * 3_000_000)
    assert (ran.status, ran.stdout) == (0, "done\n")
