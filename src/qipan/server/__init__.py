"""The composition root: settings, addresses, the API, navigation, the `qipan` command, embedded PostgreSQL."""
