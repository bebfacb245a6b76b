"""The engine on this machine: one worker process, watched over and started anew when it dies."""

from generation.local.engine import LocalEngine

__all__ = ["LocalEngine"]
