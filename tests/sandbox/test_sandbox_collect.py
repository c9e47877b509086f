"""Working copies left in a bad state: only plain files under plain names come back."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.inside import SMALL, attack, needs_sandbox

pytestmark = needs_sandbox


async def test_links_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-of-the-host")
    ran = await attack(f"""
        import os
        for name, target in dict(
            absolute={str(secret)!r}, relative="../../../../..{secret}", root="/proc/self/root{secret}",
            shadow="/etc/shadow", chain="absolute", loop="loop", passwd="/etc/passwd", directory="/", itself=".",
            nowhere="/no/such", inner="plain.txt",
        ).items():
            os.symlink(target, name)
            try:
                print(open(name).read())
            except OSError:
                pass
        open("plain.txt", "w").write("mine")
        os.link("plain.txt", "twice.txt")
        os.link("absolute", "hard.txt", follow_symlinks=False)
        for source in ("/given/program.py", "/usr/bin/env", "/etc/passwd"):
            try:
                os.link(source, "stolen.txt")
                print("STOLEN", source)
            except OSError:
                pass
        """)
    assert "canary" not in ran.stdout
    assert "STOLEN" not in ran.stdout
    assert ran.files == {"plain.txt": "mine", "twice.txt": "mine"}
    assert {refused.why for refused in ran.refused} == {"a symbolic link"}
    assert len(ran.refused) == 12


async def test_what_is_no_plain_file_is_refused() -> None:
    ran = await attack("""
        import os, socket
        os.mkfifo("pipe")
        socket.socket(socket.AF_UNIX).bind("socket")
        os.makedirs("directory/deep")
        open("directory/inner.txt", "w").write("x")
        open("latin.txt", "wb").write("é".encode("latin-1"))
        open("surrogate.txt", "wb").write(b"\\xed\\xa0\\x80")
        open("zero.txt", "wb").write(b"a\\0b")
        open("closed.txt", "w").write("mode 0")
        os.chmod("closed.txt", 0)
        """)
    refused = {each.name: each.why for each in ran.refused}
    closed = refused.pop("closed.txt", "")
    assert refused == {
        "pipe": "a pipe",
        "socket": "a socket",
        "directory": "a directory",
        "latin.txt": "not UTF-8",
        "surrogate.txt": "not UTF-8",
    }
    # Root reads what nobody else may; for others it is refused.
    assert closed == "Permission denied" or ran.files.pop("closed.txt") == "mode 0"  # type: ignore[attr-defined]
    assert ran.files == {"zero.txt": "a\0b"}


async def test_names_that_are_not_plain_are_refused() -> None:
    names = [b"a\nb", b"\xff\xfe", b"back\\slash", b"..txt.", b" lead", b"con.txt", b"\x1b[2Jx", "‮x".encode(), b"q?"]
    ran = await attack(f"""
        for name in {names!r}:
            open(b"/work/" + name, "w").close()
        open("fine name.txt", "w").close()
        """)
    assert ran.files == {"fine name.txt": ""}
    assert len(ran.refused) == len(names)
    assert {refused.why for refused in ran.refused} == {"a name that is not plain"}


async def test_holes_do_not_make_it_read_more_than_the_disk_holds() -> None:
    ran = await attack("""
        for n in range(9):
            with open(f"hole{n}", "wb") as file:
                file.truncate(2 << 20)
        """)
    read = sum(map(len, ran.files.values()))
    assert read <= SMALL.disk_mb << 20
    assert {refused.why for refused in ran.refused} == {"too large"}
    assert len(ran.files) + len(ran.refused) == 9


async def test_the_working_copy_cannot_be_swapped_for_another_directory() -> None:
    ran = await attack("""
        import os, shutil
        open("kept.txt", "w").write("x")
        for attempt in (lambda: os.rmdir("/work"), lambda: os.rename("/work", "/other"),
                        lambda: os.symlink("/etc", "/work"), lambda: os.rename("/tmp", "/work")):
            try:
                attempt()
                print("SWAPPED")
            except OSError:
                pass
        """)
    assert ran.stdout == ""
    assert ran.files == {"kept.txt": "x"}
