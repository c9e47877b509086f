"""The domains there are: name -> title, category, file extensions, install extra. A sorted literal table, so that
nothing is imported to be listed; a test holds it against the folders."""

from __future__ import annotations

INDEX: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "accounting": (
        "Double-entry ledger (ledger-cli)", "Structured Records", (".ledger", ".journal", ".hledger", ".dat"), "",
    ),
    "calendar": ("Calendar (iCalendar)", "Structured Records", (".ics", ".ical", ".icalendar", ".ifb"), "calendar"),
    "chess": ("Chess games (PGN)", "Everyday", (".pgn",), ""),
    "crystal": ("Crystal structure (CIF 1.1)", "Science & Engineering", (".cif", ".mcif", ".fcf"), ""),
    "earncall": ("Earnings call transcript (Markdown)", "Everyday", (".md",), ""),
    "graphviz": ("Graph (Graphviz DOT)", "Code & Configuration", (".dot", ".gv"), ""),
    "playlist": ("Playlist (XSPF)", "Everyday", (".xspf",), ""),
    "python": ("Python source", "Code & Configuration", (".py", ".pyi"), ""),
    "recipe": ("Recipe collection (Markdown)", "Everyday", (".md",), ""),
    "spreadsheet": ("Spreadsheet (CSV)", "Structured Records", (".csv", ".tsv"), ""),
    "subtitles": ("Subtitles (SubRip)", "Creative & Media", (".srt",), ""),
}  # fmt: skip
