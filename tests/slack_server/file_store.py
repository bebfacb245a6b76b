"""Files: uploading them in three steps, showing and fetching them."""

from __future__ import annotations

import time

from tests.slack_server.errors import SlackError, invalid_arguments
from tests.slack_server.flaws import FileState
from tests.slack_server.payloads import file_payload, stub_payload
from tests.slack_server.records import File, Payload
from tests.slack_server.world import World

ALT_TEXT = 1000


class FileStore(World):
    """All files of the workspace."""

    def user_file(
        self,
        name: str,
        data: bytes,
        user: Payload | None = None,
        *,
        url: str | None = None,
        stub: bool = False,
    ) -> File:
        """A file that a person has sent, which may be said to be at an address of another host.

        Of a stub, what the bot is told has only the id, as it is between workspaces; the rest is
        in the answer of ``files.info``.
        """
        owner = (user or self.user())["id"]
        file = File(self.new_id("F"), name, len(data), owner, url=url, is_stub=stub, data=data)
        file.completed = time.monotonic() - self.processing_delay
        self.files[file.id] = file
        return file

    def file_payload(self, file: File) -> Payload:
        """A file as Slack describes it, with its address."""
        return file_payload(file, self.root)

    def told_file(self, file: File) -> Payload:
        """A file as the bot is told of it."""
        return stub_payload(file) if file.is_stub else self.file_payload(file)

    def existing_file(self, file_id: object) -> File:
        """A file that is complete; ``SlackError`` if there is none."""
        file = self.files.get(str(file_id))
        if file is None or file.deleted or file.completed is None:
            raise SlackError("file_not_found")
        return file

    def announce_file(self, name: str, length: int, alt_txt: str | None) -> File:
        """A file that will be uploaded."""
        if length <= 0:
            raise invalid_arguments()
        if length > self.file_limit:
            raise SlackError("file_upload_size_restricted")
        if len(alt_txt or "") > ALT_TEXT:
            words = f"must be less than {ALT_TEXT + 1} characters [json-pointer:/alt_txt]"
            raise invalid_arguments(words)
        file = File(self.new_id("F"), name, length, self.bot_user, alt_txt=alt_txt)
        file.upload_url = f"{self.root}/upload/v1/{file.id}"
        self.files[file.id] = file
        return file

    def uploaded_file(self, file_id: object) -> File:
        """A file whose bytes are there, but that is not complete yet; ``SlackError`` if none is."""
        file = self.files.get(str(file_id))
        if file is None or file.data is None:
            raise SlackError("file_not_found")
        if file.completed is not None:
            raise SlackError("file_already_completed")
        return file

    def find_file(self, reference: Payload) -> FileState:
        """Whether the file that an image block names can be shown."""
        file = self.files.get(str(reference.get("id") or _id_in(str(reference.get("url")))))
        if file is None or file.deleted or file.completed is None:
            return FileState.UNKNOWN
        is_ready = time.monotonic() - file.completed >= self.processing_delay
        return FileState.READY if is_ready else FileState.UNREADY


def _id_in(url: str) -> str:
    """The id of the file that has this address."""
    return url.partition("/files-pri/")[2].partition("/")[0]
