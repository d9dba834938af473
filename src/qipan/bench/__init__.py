"""Qipan-Bench: made-up allocation problems of every size, files for them, and rivals to run beside the engine."""
