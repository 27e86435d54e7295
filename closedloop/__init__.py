"""Closedloop 闭环管控看板: the operational dashboard of a city's police stations."""

__version__ = "0.1.0"
