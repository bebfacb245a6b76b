"""What a repository on the hub holds of a model, and the hub's refusals as errors for people."""

from __future__ import annotations

import contextlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from generation.classifier import PREPROCESSOR
from generation.errors import ModelMissing
from generation.hub.files import INDEX, SINGLE, Part, components, wanted_in, weights
from generation.models import Model


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the hub. ``blob`` is its name in the cache; ``sha256`` is known of large files."""

    repository: str
    commit: str
    name: str
    size: int
    blob: str
    sha256: str | None


def endpoint() -> str:
    """Return the hub's address, which ``HF_ENDPOINT`` may change."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def list_files(part: Part, model: Model) -> tuple[RemoteFile, ...]:
    """Ask the hub for the files that a part of a model needs. Raises ``ModelMissing``."""
    from huggingface_hub import HfApi

    with told(part.source, model):
        info = HfApi(endpoint=endpoint()).model_info(part.source, files_metadata=True, timeout=30)
        every = {
            file.name: file
            for file in (_remote(part.source, info.sha or "", each) for each in info.siblings or ())
        }
        names = _wanted(part, model, every)
    return tuple(every[name] for name in names)


def _remote(repository: str, commit: str, sibling: Any) -> RemoteFile:
    lfs = sibling.lfs
    return RemoteFile(
        repository=repository,
        commit=commit,
        name=sibling.rfilename,
        size=int(lfs.size if lfs else sibling.size or 0),
        blob=str(lfs.sha256 if lfs else sibling.blob_id),
        sha256=str(lfs.sha256) if lfs else None,
    )


def _wanted(part: Part, model: Model, every: dict[str, RemoteFile]) -> tuple[str, ...]:
    folders: dict[str, list[str]] = defaultdict(list)
    for path in every:
        folder, _, name = path.rpartition("/")
        folders[folder].append(name)
    if part.role in SINGLE:
        return _single(part, model, folders[""])
    if INDEX not in every:
        raise ModelMissing(model.name, part.source, "not diffusers")
    names = [INDEX]
    for folder in components(_index(every[INDEX]), part.role, model):
        if not folder.startswith(("scheduler", "tokenizer")):
            _need_weights(part, model, folders[folder])
        names += [f"{folder}/{name}" for name in wanted_in(folders[folder], model.variant)]
    return tuple(names)


def _single(part: Part, model: Model, names: list[str]) -> tuple[str, ...]:
    """Return what is wanted of a part whose files all lie at the top."""
    _need_weights(part, model, names)
    wanted = [name for name in wanted_in(names, model.variant) if name != INDEX]
    if part.role == "classifier" and PREPROCESSOR in names:
        wanted.append(PREPROCESSOR)
    return tuple(wanted)


def _need_weights(part: Part, model: Model, names: list[str]) -> None:
    if not weights(names, model.variant):
        raise ModelMissing(model.name, part.source, "no safetensors")


def _index(file: RemoteFile) -> dict[str, Any]:
    from huggingface_hub import get_session, hf_raise_for_status

    response = get_session().get(address(file), headers=login(), timeout=30)
    hf_raise_for_status(response)
    index = json.loads(response.content)
    return index if isinstance(index, dict) else {}


def address(file: RemoteFile) -> str:
    """Return where the bytes of a file are."""
    from huggingface_hub import hf_hub_url

    return hf_hub_url(file.repository, file.name, revision=file.commit, endpoint=endpoint())


def login() -> dict[str, str]:
    """Return the headers that say who asks: by ``HF_TOKEN``, or a login kept by the library."""
    from huggingface_hub import get_token

    token = get_token()
    return {"Authorization": f"Bearer {token}"} if token else {}


def transport_errors() -> tuple[type[Exception], ...]:
    """Return what the hub library's client raises when the connection fails or breaks."""
    try:
        import httpx2 as client  # of huggingface_hub 2
    except ImportError:
        import httpx as client  # type: ignore[import-not-found, no-redef]
    return (client.TransportError,)


@contextlib.contextmanager
def told(source: str, model: Model) -> Iterator[None]:
    """Turn the hub's refusals, and the network's, into ``ModelMissing``."""
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError:
        raise ModelMissing(model.name, source, "gated") from None
    except errors.RepositoryNotFoundError as error:
        reason = "not found or private" if _status(error) == 401 else "not found"
        raise ModelMissing(model.name, source, reason) from None
    except errors.HfHubHTTPError as error:
        raise ModelMissing(model.name, source, *_reason(_status(error))) from None
    except errors.OfflineModeIsEnabled:
        raise ModelMissing(model.name, source, "offline") from None
    except transport_errors() as error:
        raise ModelMissing(model.name, source, "no network", str(error)[:200]) from None
    except ValueError as error:  # an answer that is no JSON, or an id that the library refuses
        raise ModelMissing(model.name, source, "hub error", str(error)[:200]) from None


def _status(error: Any) -> int:
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def _reason(status: int) -> tuple[str, str]:
    if status in (401, 403):
        return "unauthorized", ""
    if status == 404:
        return "not found", ""
    return "hub error", f"HTTP {status}"
