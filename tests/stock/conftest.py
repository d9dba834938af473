"""The small books, rolled back after the test."""

from __future__ import annotations

import pytest

from tests.stock.books import Books, open_test_books


@pytest.fixture
def books(db: None) -> Books:
    return open_test_books()
