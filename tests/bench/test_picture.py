"""The picture of what fairness means shows what the engine decides today."""

from benchmarks.fairness_picture import OUT, drawing


def test_the_picture_is_what_the_engine_decides() -> None:
    assert OUT.read_text(encoding="utf-8") == drawing()
