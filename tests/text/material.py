"""Conformance data: specifications' examples, hostile payloads, real bibliographies; too large to be kept here.

SCS_CONFORMANCE_DATA names the folder that holds them; `.ci/run` does.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

#: None where nobody said: those tests are then skipped, and say so.
FOLDER = Path(os.environ["SCS_CONFORMANCE_DATA"]) if os.environ.get("SCS_CONFORMANCE_DATA") else None
ABSENT = "no conformance data: SCS_CONFORMANCE_DATA names no folder"


def load(path: str) -> list[dict[str, Any]]:
    """A JSON list from the folder. A folder that was named and lacks it is an error."""
    if FOLDER is None:
        pytest.skip(ABSENT)
    return json.loads((FOLDER / path).read_text(encoding="utf-8"))  # type: ignore[no-any-return]
