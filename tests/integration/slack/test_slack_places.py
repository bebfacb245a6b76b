"""Where people ask: channels, menus, the home; and whom the owner lets in."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.slack_scene import Scene, job_id, labels, pictures, text_of
from tests.slack_server import File, Message, View


def green(scene: Scene, name: str = "mine.png") -> File:
    data = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(data, "PNG")
    return scene.emu.user_file(name, data.getvalue())


def picture_of(scene: Scene, message: Message) -> bytes:
    data = scene.emu.files[pictures(message)[0]["slack_file"]["id"]].data
    assert data is not None
    return data


async def test_the_owners_list_of_channels_lets_some_in_and_tells_the_others(scene: Scene) -> None:
    other, boss = scene.emu.channel("elsewhere"), scene.emu.user("boss")
    scene.options = {
        "access.slack_channels": f'["{scene.emu.channel_id}"]',
        "access.admins": f'["slack:{scene.emu.team["id"]}:{boss["id"]}"]',
    }
    async with scene.bot():
        message = await scene.imagine("here")
        refused = [
            await scene.emu.slash("/imagine", "there", channel=other),
            await scene.emu.slash("/imagine", "", channel=other),
            await scene.emu.slash("/art", "history", channel=other),
            await scene.emu.mention("there", channel=other),
            await scene.emu.shortcut("use", message=scene.emu.say("x", channel=other)),
        ]
        for asked in refused:
            assert "channel" in text_of(await scene.told(asked))
        alone = await scene.emu.direct_message("there")
        assert "direct" in text_of(await alone.wait_message(lambda m: "direct" in text_of(m)))
        assert scene.emu.views == []
        allowed = await scene.done(
            await scene.emu.slash("/imagine", "everywhere", channel=other, user=boss)
        )
    assert allowed.channel == other["id"]
    assert scene.results() == [message, allowed]


async def test_buttons_and_forms_keep_to_the_list_of_channels(scene: Scene) -> None:
    place = scene.emu.channel("once")
    async with scene.bot():
        message = await scene.done(await scene.emu.slash("/imagine", "mine", channel=place))
        await scene.emu.click(message, text="Edit")
        form = await scene.emu.wait_view()
    scene.options = {"access.slack_channels": f'["{scene.emu.channel_id}"]'}
    async with scene.bot():
        assert "channel" in text_of(await scene.told(await scene.emu.click(message, text="Reroll")))
        sent = await scene.emu.submit(form, {"prompt": "another"})
        await sent.wait_ack()
        assert "channel" in str(form.errors)
    assert scene.results() == [message]


async def test_the_last_job_here_is_meant_where_no_id_is_given(scene: Scene) -> None:
    there = scene.emu.channel("there")
    async with scene.bot():
        here = await scene.imagine("a red circle")
        await scene.done(await scene.emu.slash("/imagine", "a blue square", channel=there))
        again = await scene.emu.slash("/reroll")
        message = await again.wait_message(lambda m: bool(pictures(m)) and m is not here)
    assert f"from #{job_id(here)}" in text_of(message)


async def test_defaults_of_a_channel_count_there_alone(scene: Scene) -> None:
    there = scene.emu.channel("there")
    boss = scene.emu.user("boss")
    scene.options = {"access.admins": f'["slack:{scene.emu.team["id"]}:{boss["id"]}"]'}
    async with scene.bot():
        await scene.told(await scene.emu.slash("/art", "settings --channel --steps 9", user=boss))
        here = await scene.job_of(await scene.imagine("here"))
        asked = await scene.emu.slash("/imagine", "there", channel=there)
        elsewhere = await scene.job_of(await scene.done(asked))
    assert here.recipe.steps == 9
    assert elsewhere.recipe.steps != 9


async def test_the_menu_of_a_message_knows_which_job_it_shows(scene: Scene) -> None:
    bob = scene.emu.user("bob")
    async with scene.bot():
        message = await scene.imagine("a red circle --steps 9")
        asked = await scene.emu.slash("/art", f"show {job_id(message)}", user=bob)
        copy = await asked.wait_message(lambda m: bool(pictures(m)) and m is not message)
        await scene.quiet()
    async with scene.bot():
        for each in (message, copy):
            told = await scene.told(await scene.emu.shortcut("recipe", message=each, user=bob))
            assert "steps 9" in text_of(told)
        again = await scene.done(await scene.emu.shortcut("reroll", message=copy, user=bob))
        assert again.thread_ts == copy.ts
        await scene.emu.shortcut("use", message=message)
        view = await scene.emu.wait_view()
        sent = await scene.emu.submit(view, {"prompt": "a blue square", "strength": "0.5"})
        job = await scene.job_of(
            await sent.wait_message(lambda m: bool(pictures(m)) and m is not again)
        )
    assert job.recipe.image is not None
    assert job.recipe.image.strength == 0.5


async def test_a_picture_that_somebody_else_posted_is_read_or_used(scene: Scene) -> None:
    async with scene.bot():
        ours = await scene.imagine("a red circle --steps 9")
        copied = scene.emu.say(
            "look", files=[scene.emu.user_file("x.png", picture_of(scene, ours))]
        )
        foreign = scene.emu.say("mine", files=[green(scene)])
        words = scene.emu.say("only words")
        document = scene.emu.say("read", files=[scene.emu.user_file("a.txt", b"hello")])

        found = await scene.told(await scene.emu.shortcut("recipe", message=copied))
        assert "steps 9" in text_of(found)
        none = await scene.told(await scene.emu.shortcut("recipe", message=foreign))
        assert "no recipe" in text_of(none)
        for message in (words, document):
            for name in ("recipe", "reroll", "use"):
                refused = await scene.told(await scene.emu.shortcut(name, message=message))
                assert "message" in text_of(refused), name
        refused = await scene.told(await scene.emu.shortcut("reroll", message=foreign))
        assert "message" in text_of(refused)

        kept = await scene.told(await scene.emu.shortcut("use", message=foreign))
        [label] = labels(kept)
        await scene.emu.click(kept, text=label)
        view = await scene.emu.wait_view()
        done = await scene.done(await scene.emu.submit(view, {"prompt": "a red circle"}))
        job = await scene.job_of(done)
    assert job.recipe.image is not None
    assert done.channel == foreign.channel


async def test_pictures_come_with_mentions_links_and_forms(scene: Scene) -> None:
    ann = scene.emu.user("ann")
    async with scene.bot():
        sent = await scene.done(await scene.emu.mention("a square", files=[green(scene)]))
        assert (await scene.job_of(sent)).recipe.image is not None
        alone = await scene.done(
            await scene.emu.direct_message("a square", ann, files=[green(scene)])
        )
        assert (await scene.job_of(alone)).recipe.image is not None
        link = scene.emu.file_payload(green(scene))["url_private"]
        linked = await scene.emu.slash("/imagine", f"a linked square {link}")
        job = await scene.job_of(
            await linked.wait_message(lambda m: "a linked square" in str(pictures(m)))
        )
        assert job.recipe.prompt == "a linked square"
        assert job.recipe.image is not None
        await scene.emu.slash("/imagine")
        view = await scene.emu.wait_view()
        form = await scene.emu.submit(view, {"prompt": "in a form", "image": [green(scene)]})
        job = await scene.job_of(await form.wait_message(lambda m: "in a form" in str(pictures(m))))
        assert job.recipe.image is not None
        text = scene.emu.user_file("a.png", b"<svg/>")
        refused = await scene.told(await scene.emu.mention("a square", files=[text]))
        assert "PNG" in text_of(refused)


async def test_the_shortcut_asks_where_the_picture_is_to_go(scene: Scene) -> None:
    ann, there = scene.emu.user("ann"), scene.emu.channel("there")
    async with scene.bot():
        await scene.emu.shortcut("imagine", user=ann)
        view = await scene.emu.wait_view()
        await scene.emu.submit(view, {"prompt": "a fox", "where": there["id"]})
        await scene.until(scene.results)
        [message] = scene.results()
        assert message.channel == there["id"]
        await scene.emu.shortcut("imagine", user=ann)
        view = await scene.emu.wait_view()
        sent = await scene.emu.submit(view, {"prompt": "a hare"})
        alone = await sent.wait_message(lambda m: "a hare" in str(pictures(m)))
    assert alone.channel == scene.emu.dm(ann)["id"]


async def home_with(scene: Scene, words: str) -> View:
    """Wait until somebody's home shows some words, and return it."""
    await scene.until(lambda: words in text_of_home(scene), f"a home with {words}")
    return scene.emu.home(scene.emu.user())


def text_of_home(scene: Scene) -> str:
    user = scene.emu.user()
    if user["id"] not in scene.emu.published:
        return ""
    return text_of(scene.emu.home(user))


async def test_the_home_shows_what_somebody_made_and_its_buttons_work(scene: Scene) -> None:
    ann = scene.emu.user()
    async with scene.bot():
        message = await scene.imagine("a red circle")
        picture = f"{job_id(message)}.1"
        await scene.emu.open_home()
        home = await home_with(scene, picture)
        await scene.until(lambda: "slack_file" in str(home.payload), "its picture")
        again = await scene.emu.click(home, f"do:reroll:{picture}")
        direct = await again.wait_message(lambda m: bool(pictures(m)) and m is not message)
        assert direct.channel == scene.emu.dm(ann)["id"]
        await scene.emu.click(home, text="Refresh")
        await home_with(scene, job_id(direct))
        await scene.emu.click(home, f"do:favorite:{picture}")
        await scene.until(lambda: text_of(home).count(picture) == 2, "the home shows the favourite")
        view = await scene.emu.wait_view()
        assert picture in text_of(view)
        scene.engine.hold.clear()
        await scene.emu.close_view(view)
        await scene.emu.click(home, text="Imagine")
        view = await scene.emu.wait_view()
        await scene.emu.submit(view, {"prompt": "slow"})
        await scene.until(lambda: scene.engine.orders[-1].recipe.prompt == "slow")
        job = scene.engine.orders[-1].job_id
        await scene.emu.click(home, text="Refresh")
        await scene.until(lambda: f"do:cancel:{job}" in str(home.payload))
        await scene.emu.click(home, f"do:cancel:{job}")
        await scene.quiet()
        await (await scene.emu.open_home(tab="messages")).wait_ack()
    assert len(scene.results()) == 2


async def test_settings_are_changed_in_the_home_and_taken_back(scene: Scene) -> None:
    async with scene.bot():
        await scene.emu.open_home()
        home = await home_with(scene, "no defaults")
        await scene.emu.click(home, text="Change settings")
        view = await scene.emu.wait_view()
        sent = await scene.emu.submit(view, {"steps": 9, "guidance": 5})
        await sent.wait_ack()
        assert sent.ack_payload["response_action"] == "update"
        assert (await scene.job_of(await scene.imagine("one"))).recipe.steps == 9
        await scene.emu.close_view(view)
        await scene.emu.click(home, text="Refresh")
        await home_with(scene, "steps")
        await scene.emu.click(home, text="Change settings")
        view = await scene.emu.wait_view()
        _, element = view.find("steps")
        assert element["initial_value"] == "9"
        await (await scene.emu.submit(view, {"steps": ""})).wait_ack()
        asked = await scene.emu.slash("/imagine", "two")
        job = await scene.job_of(await asked.wait_message(lambda m: "two" in str(pictures(m))))
    assert job.recipe.steps != 9
    assert job.recipe.guidance == 5


async def test_a_home_shows_pictures_once_slack_has_looked_at_them(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle")
        await scene.quiet()
        scene.emu.processing_delay = 1e6
        await scene.emu.open_home()
        await scene.until(
            lambda: [c for c in scene.emu.calls if c.method == "views.publish"][1:], "tries"
        )
        scene.emu.processing_delay = 0.0
        home = await home_with(scene, job_id(message))
        assert "slack_file" in str(home.payload)


async def test_a_home_brings_again_what_is_no_longer_in_slack(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle")
        await scene.quiet()
        [file] = [each for each in scene.emu.files.values() if not each.deleted]
        file.deleted = True
        await scene.emu.open_home()
        home = await home_with(scene, job_id(message))
    [again] = [each for each in scene.emu.files.values() if not each.deleted]
    assert again.id in str(home.payload)
    # The bot could not know that the file was gone.
    assert {each.method for each in scene.emu.violations} == {"views.publish"}
    scene.emu.violations.clear()


async def test_of_many_loras_those_are_offered_that_one_types(scene: Scene) -> None:
    folder = scene.folder / "data" / "loras"
    folder.mkdir(parents=True)
    scene.options = {"generation.loras": f'"{folder}"'}
    for n in range(150):
        (folder / f"style{n:03}.safetensors").write_bytes(b"")
    async with scene.bot():
        await scene.emu.slash("/imagine")
        view = await scene.emu.wait_view()
        _, element = view.find("lora")
        assert element["type"] == "multi_external_select"
        for typed, expected in (("ink", "inkstyle"), ("style14", "style149"), ("", "inkstyle")):
            asked = await scene.emu.suggest(view, "lora", typed)
            await asked.wait_ack()
            values = [each["value"] for each in asked.ack_payload["options"]]
            assert expected in values, typed
            assert len(values) <= 100
        asked = await scene.emu.suggest(view, "lora", "nothing like it at all <&>")
        await asked.wait_ack()
        sent = await scene.emu.submit(view, {"prompt": "a fox", "lora": ["inkstyle"]})
        job = await scene.job_of(await scene.done(sent))
    assert [lora.name for lora in job.recipe.loras] == ["inkstyle"]


@pytest.mark.parametrize("metadata", ["", "not json", "[]", '{"channel": null}'])
async def test_a_form_that_does_not_say_where_it_was_opened_is_answered(
    scene: Scene, metadata: str
) -> None:
    async with scene.bot():
        await scene.emu.slash("/imagine")
        view = await scene.emu.wait_view()
        view.payload["private_metadata"] = metadata
        sent = await scene.emu.submit(view, {"prompt": "a fox"})
        await sent.wait_ack()
        await scene.until(scene.results)
    [message] = scene.results()
    assert message.channel == scene.emu.dm(scene.emu.user())["id"]
