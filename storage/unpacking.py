"""Taking backups apart: each file is summed up while it is written, and no name leads astray."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from generation.errors import BadBackup
from storage.backups import BEFORE, DATABASE, FORM, MANIFEST, PICTURES
from storage.sqlite import OWN

_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,120}")
_DEPTH: Final = 3
"""A picture lies in a folder of its own letters, an input in another one more."""
_MANIFEST_MOST: Final = 2**28
_PIECE: Final = 2**20


class Unpacking:
    """Unpacks the backup of a name: its database to a file, its pictures into a folder."""

    def __init__(self, archive: str, database: Path, pictures: Path) -> None:
        self._archive = archive
        self._database = database
        self._pictures = pictures
        self._found: dict[str, Any] = {}

    def unpack(self, file: BinaryIO) -> dict[str, Any]:
        """Unpack a backup and return its manifest, which names just what was in it.

        Raises ``BadBackup``; what is unpacked by then stays for the caller to delete.
        """
        manifest = b""
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                for member in tar:
                    if manifest:
                        raise self._refusal("foreign", member.name)
                    manifest = self._take(tar, member)
        except tarfile.TarError as error:
            raise self._refusal("not whole", str(error)) from error
        return self._checked(manifest)

    def _take(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
        """Unpack one file; returns the content of the manifest, which is the last."""
        is_plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
        source = tar.extractfile(member) if is_plain else None
        if source is None or member.name in self._found:
            raise self._refusal("foreign", member.name)
        with source:
            if member.name == MANIFEST and member.size <= _MANIFEST_MOST:
                return source.read()
            self._found[member.name] = self._write(source, self._target(member.name))
        return b""

    def _target(self, name: str) -> Path:
        """Return where a file goes."""
        if name == DATABASE:
            return self._database
        parts = name.removeprefix(PICTURES).split("/")
        fits = name.startswith(PICTURES) and len(parts) <= _DEPTH
        if not fits or not all(map(_NAME.fullmatch, parts)) or parts[0].startswith(BEFORE):
            raise self._refusal("foreign", name)
        return self._pictures.joinpath(*parts)

    def _write(self, source: IO[bytes], target: Path) -> dict[str, Any]:
        """Write a file, and return its size and sum as a manifest has them."""
        target.parent.mkdir(parents=True, exist_ok=True)
        total, written = hashlib.sha256(), 0
        with target.open("xb") as file:
            if target == self._database:
                target.chmod(OWN)
            while piece := source.read(_PIECE):
                file.write(piece)
                total.update(piece)
                written += len(piece)
        return {"bytes": written, "sha256": total.hexdigest()}

    def _checked(self, text: bytes) -> dict[str, Any]:
        try:
            manifest: dict[str, Any] = json.loads(text)
            form, files = manifest["form"], dict(manifest["files"])
        except (ValueError, KeyError, TypeError):
            raise self._refusal("not whole") from None
        if form != FORM:
            raise self._refusal("newer form", str(form))
        for name in sorted(files.keys() | self._found.keys()):
            if files.get(name) != self._found.get(name):
                raise self._refusal("changed", name)
        if DATABASE not in files:
            raise self._refusal("not whole")
        return manifest

    def _refusal(self, reason: str, detail: str = "") -> BadBackup:
        return BadBackup(self._archive, reason, detail[:100])
