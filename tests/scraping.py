"""Reads a bot's metrics as Prometheus does: over HTTP, with the library's own parser."""

from __future__ import annotations

import asyncio
import random
import socket
import urllib.request
from contextlib import suppress
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

PATIENCE = 60.0


@dataclass(frozen=True)
class Scrape:
    """What one reading gave."""

    text: str
    kinds: dict[str, str]
    values: dict[tuple[str, frozenset[tuple[str, str]]], float]

    def get(self, name: str, **labels: str) -> float:
        """Return the value of a sample, 0 where there is none."""
        return self.values.get((name, frozenset(labels.items())), 0.0)


def free_port() -> int:
    """Return a port that nobody listens on, and that no connection is given by chance."""
    while True:
        port = random.randrange(20_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


async def scrape(address: str) -> Scrape:
    """Read the metrics once, in a thread, as somebody else would."""
    return await asyncio.to_thread(_scrape, address)


def _scrape(address: str) -> Scrape:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=PATIENCE) as answer:
        text = answer.read().decode()
    kinds: dict[str, str] = {}
    values: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(text):
        kinds[family.name] = family.type
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in values, f"{key} is there twice"
            values[key] = sample.value
    return Scrape(text, kinds, values)
