"""Heavy trials of the eighteen promises: `make prove` runs all of them and prints a table.

A trial tries to break one promise and counts how often it could. Beside it stand its *mutants*: the same trial with one
guard taken away, which must find violations, or the trial could not see any. Each runs in a process of its own, on a
database server of its own. `make test` runs the short size of each (`test_short.py`).
"""
