"""The domains there are: name -> title, category, file extensions, install extra. A sorted literal table, so that
nothing is imported to be listed; a test holds it against the folders."""

from __future__ import annotations

INDEX: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "accounting": (
        "Double-entry ledger (ledger-cli)", "Structured Records", (".ledger", ".journal", ".hledger", ".dat"), "",
    ),
    "recipe": ("Recipe collection (Markdown)", "Everyday", (".md",), ""),
    "subtitles": ("Subtitles (SubRip)", "Creative & Media", (".srt",), ""),
}  # fmt: skip
