from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slack.homes import UNREADY_PAUSES, Homes
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.uploading import Uploads
from bot.invocation import Invocation
from bot.reply import PictureView, Reply, line
from bot.service.answers.home import Part
from storage.records import Post
from tests.jumping_loop import run_jumping
from tests.slack_network import UNREADY, Kept, Network, broken, refused, web_on

ASKED = Asked("77", "T1", "U50", name="ann")
PUBLISH = "views.publish"


class Answers:
    """The service: gives the same home to everybody, and notes to whom."""

    def __init__(self, parts: tuple[Part, ...], store: Kept) -> None:
        self._parts = parts
        self.store = store
        self.asked: list[Invocation] = []

    @property
    def desk(self) -> Answers:
        return self

    async def home(self, invocation: Invocation) -> tuple[Part, ...]:
        self.asked.append(invocation)
        return self._parts


class Scene:
    """Somebody's home with so many pictures."""

    def __init__(self, folder: Path, pictures: int) -> None:
        self.network = Network()
        self.store = Kept(self.network)
        views = []
        for number in range(1, pictures + 1):
            path = folder / f"k7f3q2.{number}.png"
            path.write_bytes(b"a picture")
            views.append(PictureView(f"k7f3q2.{number}", path, 128, 128, 7, "a fox"))
        lines = () if views else (line("Nothing yet."),)
        parts = (Part("Your pictures", Reply(lines=lines, pictures=tuple(views)), ("show",)),)
        self.service = Answers(parts, self.store)

    async def show(self) -> None:
        web, store = await web_on(self.network), self.store
        posts: Any = store.posts
        service: Any = self.service
        await Homes(service, web, Uploads(web, posts)).show(ASKED)

    def known(self, *numbers: int) -> None:
        """Let Slack have these pictures."""
        self.store.posts.known += [
            Post("k7f3q2", "slack", f"k7f3q2.{number}", f"F90{number}", "file")
            for number in numbers
        ]

    @property
    def views(self) -> list[Any]:
        return [each["view"] for each in self.network.of(PUBLISH)]


def in_scene(
    folder: Path, pictures: int, play: Callable[[Scene], Coroutine[Any, Any, Any]] = Scene.show
) -> Scene:
    """Play a scene with all its pauses, in no time."""

    async def played() -> Scene:
        scene = Scene(folder, pictures)
        await play(scene)
        return scene

    return run_jumping(played())


def files(view: Any) -> list[str]:
    """Return the files that a home shows, in order."""
    if isinstance(view, list):
        return [file for each in view for file in files(each)]
    if not isinstance(view, dict):
        return []
    own = [str(view["slack_file"]["id"])] if "slack_file" in view else []
    return own + [file for each in view.values() for file in files(each)]


def test_a_home_without_pictures_is_published_once(tmp_path: Path) -> None:
    scene = in_scene(tmp_path, 0)
    assert scene.network.what == [PUBLISH]
    [published] = scene.network.of(PUBLISH)
    assert (published["user_id"], published["view"]["type"]) == ("U50", "home")
    [asked] = scene.service.asked
    assert (asked.actor, asked.display_name) == ("slack:T1:U50", "ann")


def test_what_slack_has_is_shown_at_once_and_the_rest_when_it_is_there(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        scene.known(1)
        await scene.show()

    scene = in_scene(tmp_path, 2, play)
    assert scene.network.what[0] == PUBLISH
    first, second = scene.views
    assert files(first) == ["F901"]
    assert len(files(second)) == 2
    assert scene.network.what.count("upload") == 1


def test_a_home_whose_pictures_are_all_there_is_published_once(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        scene.known(1, 2)
        await scene.show()

    scene = in_scene(tmp_path, 2, play)
    assert scene.network.what == [PUBLISH]
    assert files(scene.views) == ["F901", "F902"]


def test_pictures_that_are_not_ready_are_waited_for(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        scene.known(1)
        scene.network.next[PUBLISH] = [UNREADY, UNREADY, UNREADY]
        await scene.show()

    scene = in_scene(tmp_path, 2, play)
    assert len(scene.views) == 4
    assert len(files(scene.views[-1])) == 2


def test_pictures_that_slack_has_and_does_not_show_yet_are_waited_for(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        scene.known(1, 2)
        scene.network.next[PUBLISH] = [UNREADY]
        await scene.show()

    scene = in_scene(tmp_path, 2, play)
    assert [len(files(view)) for view in scene.views] == [2, 2]


def test_a_home_is_shown_without_pictures_that_slack_never_shows(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        scene.network.next[PUBLISH] = [UNREADY] * (1 + len(UNREADY_PAUSES))
        await scene.show()

    scene = in_scene(tmp_path, 2, play)
    assert files(scene.views[-1]) == []
    assert len(files(scene.views[-2])) == 2


@pytest.mark.parametrize("fault", [broken(), refused("not_enabled"), OSError("gone")])
def test_a_home_that_cannot_be_shown_disturbs_nobody(
    tmp_path: Path, fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def play(scene: Scene) -> None:
        scene.network.always[PUBLISH] = fault
        await scene.show()

    with caplog.at_level(logging.WARNING):
        scene = in_scene(tmp_path, 0, play)
    assert scene.network.what == [PUBLISH]
    assert "a home was not shown" in caplog.text
