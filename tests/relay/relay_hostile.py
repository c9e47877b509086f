"""A handler for scoring workers that does to them what hostile documents might."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Hostile:
    def __init__(self) -> None:
        self.places: list[str] = []

    def __call__(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        match message["do"]:
            case "place":
                self.places.append(message["name"])
                return None
            case "spin":
                re.match(r"(a+)+$", "a" * 40 + "b")  # never returns, never lets go of the interpreter
            case "wait":
                time.sleep(1000)  # a parser that waits for what never comes takes no CPU time
            case "hoard":
                hoard = [bytes(2**20) for _ in range(message["megabytes"])]
                return {"held": len(hoard)}
            case "talk":
                return {"said": "x" * message["length"]}
            case "die":
                os._exit(3)
            case "die once":
                if not Path(message["path"]).exists():
                    Path(message["path"]).touch()
                    os._exit(3)
            case "raise":
                raise RecursionError("too deep")
            case "print":
                print("a parser's own output")
        return {"places": self.places, "pid": os.getpid()}


class Slow:
    """Answers where to put the result, never what it is."""

    def __call__(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        while message["do"] == "measure":
            pass
        return {"expected": ["x"]} if message["do"] == "expected" else None


class Broken:
    def __call__(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        if message["do"] == "environment":
            return None
        raise ValueError("ours")
