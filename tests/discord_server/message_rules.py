"""What Discord asks of a message, beyond what a schema can say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from tests.discord_server import limits
from tests.discord_server.component_rules import ComponentRules
from tests.discord_server.form_errors import ApiError, Flaw, Path, invalid_form
from tests.discord_server.limits import length_flaws
from tests.discord_server.records import COMPONENTS_V2, Message, Payload
from tests.discord_server.uploads import Uploads

EMBED_CHARACTERS = 6000
NONCE_CHARACTERS = 25


class MessageRules:
    """The rules for new messages and for edits."""

    def __init__(self, *, strict_embed_files: bool) -> None:
        self.strict_embed_files = strict_embed_files

    def check(
        self, body: Payload, uploads: Uploads, prior: Message | None = None, inside: str = ""
    ) -> None:
        """Raise ``ApiError`` for a body that Discord refuses; ``prior`` is what is edited."""
        is_v2 = bool((body.get("flags") or 0) & COMPONENTS_V2) or bool(prior and prior.is_v2)
        flaws = _length_flaws(body)
        flaws += ComponentRules(is_v2=is_v2).check(body.get("components") or [])
        flaws += _mixing_flaws(body) if is_v2 else []
        flaws += _mention_flaws(body.get("allowed_mentions") or {})
        flaws += _listing_flaws(body, uploads, prior)
        flaws += self._reference_flaws(body, uploads, prior, is_v2)
        if flaws:
            raise invalid_form(flaws, inside)
        if prior is None and not uploads and _is_empty(body):
            raise ApiError(400, 50006, "Cannot send an empty message")

    def _reference_flaws(
        self, body: Payload, uploads: Uploads, prior: Message | None, is_v2: bool
    ) -> list[Flaw]:
        """Embeds and components that show a file which is not there."""
        names = {upload.filename for upload in uploads.values()}
        names |= {listed.get("filename") or "" for listed in body.get("attachments") or []}
        names |= {attachment.filename for attachment in prior.attachments} if prior else set()
        embeds = body.get("embeds") if self.strict_embed_files else None
        text = json.dumps([embeds, body.get("components")], ensure_ascii=False)
        missing = [
            name for name in re.findall(r'attachment://([^"\\]+)', text) if name not in names
        ]
        key = "components" if is_v2 else "embeds"
        code = (
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            if is_v2
            else "EMBED_ATTACHMENT_NOT_FOUND"
        )
        return [
            Flaw([key], code, f"The referenced attachment {name} was not found") for name in missing
        ]


def check_modal(modal: Payload) -> None:
    """Raise ``ApiError`` for a form that Discord refuses."""
    flaws = length_flaws(modal, limits.MODAL, [])
    flaws += ComponentRules(is_modal=True).check(modal.get("components") or [])
    if flaws:
        raise invalid_form(flaws, "data")


def _length_flaws(body: Payload) -> list[Flaw]:
    flaws = length_flaws(body, limits.MESSAGE, [])
    for index, listed in enumerate(body.get("attachments") or []):
        flaws += length_flaws(listed, limits.ATTACHMENT, ["attachments", index])
    nonce = body.get("nonce")
    if isinstance(nonce, str) and len(nonce) > NONCE_CHARACTERS:
        words = f"Must be {NONCE_CHARACTERS} or fewer in length."
        flaws.append(Flaw(["nonce"], "BASE_TYPE_MAX_LENGTH", words))
    embeds = body.get("embeds") or []
    for index, embed in enumerate(embeds):
        flaws += _embed_flaws(embed, ["embeds", index])
    if sum(map(_embed_characters, embeds)) > EMBED_CHARACTERS:
        words = f"Embed size exceeds maximum size of {EMBED_CHARACTERS}"
        flaws.append(Flaw(["embeds"], "MAX_EMBED_SIZE_EXCEEDED", words))
    return flaws


def _embed_flaws(embed: Payload, path: Path) -> list[Flaw]:
    flaws = length_flaws(embed, limits.EMBED, path)
    flaws += length_flaws(embed.get("footer") or {}, limits.EMBED_FOOTER, [*path, "footer"])
    flaws += length_flaws(embed.get("author") or {}, limits.EMBED_AUTHOR, [*path, "author"])
    for index, field in enumerate(embed.get("fields") or []):
        flaws += length_flaws(field, limits.EMBED_FIELD, [*path, "fields", index])
    return flaws


def _embed_characters(embed: Payload) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for field in embed.get("fields") or []:
        texts += [field.get("name"), field.get("value")]
    return sum(len(text or "") for text in texts)


def _mixing_flaws(body: Payload) -> list[Flaw]:
    if not (body.get("content") or body.get("embeds") or body.get("poll")):
        return []
    return [
        Flaw(
            ["content"],
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            "The content, embeds and poll fields cannot be used with components v2",
        )
    ]


def _mention_flaws(mentions: Payload) -> list[Flaw]:
    flaws = length_flaws(mentions, limits.MENTIONS, ["allowed_mentions"])
    for kind in ("users", "roles"):
        if kind in (mentions.get("parse") or []) and mentions.get(kind):
            words = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            code = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
            flaws.append(Flaw(["allowed_mentions"], code, words))
    return flaws


def _listing_flaws(body: Payload, uploads: Uploads, prior: Message | None) -> list[Flaw]:
    """Listed attachments that were neither there before nor sent now."""
    kept = {attachment.id for attachment in prior.attachments} if prior else set()
    return [
        Flaw(["attachments"], "ATTACHMENT_NOT_FOUND", f"Attachment data for {ref} not found")
        for ref in (str(listed["id"]) for listed in body.get("attachments") or [])
        if ref not in kept and int(ref) not in uploads
    ]


def _is_empty(body: Mapping[str, object]) -> bool:
    return not any(
        body.get(key) for key in ("content", "embeds", "components", "poll", "sticker_ids")
    )
