"""Number and day formats of both languages (Django's zh_Hans has no thousands separator)."""
