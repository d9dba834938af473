"""Qipan (棋盘): the command platform for scarce medical supplies in an emergency."""

__version__ = "0.1.0"
