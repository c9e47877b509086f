"""Writes `docs/domains/*.md` from the code: `python -m tests.pages`, or `make docs`."""

from __future__ import annotations

from pathlib import Path

import domains

FOLDER = Path(__file__).parent.parent / "docs" / "domains"


def pages() -> dict[Path, str]:
    """File to text: a page of each domain and their list."""
    rows = ["# Domains\n", "| domain | documents | category | edits |", "|---|---|---|---|"]
    found: dict[Path, str] = {}
    for name in domains.names():
        domain = domains.get(name)
        found[FOLDER / f"{name}.md"] = domains.page(domain)
        rows.append(f"| [{name}]({name}.md) | {domain.title} | {domain.category} | {len(domain.edits)} |")
    return {FOLDER / "README.md": "\n".join(rows) + "\n", **found}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
