"""The permissions that matter to a bot that answers with pictures, as Discord's bits."""

from __future__ import annotations

VIEW = 1 << 10
SEND = 1 << 11
EMBED = 1 << 14
ATTACH = 1 << 15
SEND_IN_THREADS = 1 << 38

ALL = (1 << 50) - 1
MEMBER = 0x0637DEC0 | 1 << 31
"""What a person has who was given nothing: among it view, send, embed, attach, slash commands."""
EVERYONE = MEMBER | VIEW | SEND | SEND_IN_THREADS
