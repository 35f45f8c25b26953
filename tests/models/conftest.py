from __future__ import annotations

import pytest

from tests.stage import Stage, build_stage


@pytest.fixture
def stage(db: None) -> Stage:
    return build_stage()
