"""Every command as Discord has it."""

from __future__ import annotations

from tests.discord_scene import Scene, pictures, text_of


async def test_the_commands_are_sent_once_and_then_only_when_they_change(scene: Scene) -> None:
    async with scene.bot():
        names = {each["name"] for each in scene.emu.global_commands}
    assert {"imagine", "reroll", "history", "show", "Recipe", "Use as input"} <= names
    assert {"vary", "upscale"} <= names

    def sent() -> int:
        return len([each for each in scene.emu.requests if each.method == "PUT"])

    before = sent()
    async with scene.bot():
        pass
    assert sent() == before
    scene.options = {"limits.steps": "33"}
    async with scene.bot():
        steps = next(o for o in scene.emu.command("imagine")["options"] if o["name"] == "steps")
    assert steps["max_value"] == 33
    assert sent() == before + 1


async def test_named_servers_get_the_commands_at_once_and_nobody_else(scene: Scene) -> None:
    scene.options = {"discord.guilds": f"[{scene.emu.guild_id}]"}
    async with scene.bot():
        assert scene.emu.guild_commands[scene.emu.guild_id]
        assert scene.emu.global_commands == []
        await scene.imagine("a red circle")


async def test_every_command_answers(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle", steps=9, sampler="heun")
        job = pictures(message)[0].filename[:6]
        said: dict[str, dict[str, object]] = {
            "history": {"words": "circle"},
            "queue": {},
            "favorites": {"id": f"{job}.1"},
            "loras": {},
            "models": {},
            "settings": {"steps": 12},
            "help": {"command": "imagine"},
        }
        expected = {
            "history": job, "queue": "", "favorites": job, "loras": "inkstyle", "models": "mini",
            "settings": "12", "help": "--seed",
        }  # fmt: skip
        for name, options in said.items():
            answer = await scene.answer(await scene.emu.slash(name, options))
            assert answer.ephemeral, name
            assert expected[name] in text_of(answer), name
        shown = await scene.done(await scene.emu.slash("show", {"id": f"#{job}"}))
        assert pictures(shown)[0].data == pictures(message)[0].data
        verified = await scene.answer(await scene.emu.slash("verify", {"id": job}))
        await scene.until(lambda: "identical" in text_of(verified))
        again = await scene.done(await scene.emu.slash("reroll", {"id": job, "seed": "random"}))
        assert pictures(again)
        made: dict[str, dict[str, object]] = {
            "vary": {"id": f"{job}.1", "strength": "strong", "count": 1},
            "upscale": {"id": f"{job}.1", "scale": "2", "method": "plain"},
            "compare": {"prompt": f"#{job}", "axis": "steps=3,4", "axis2": "lora=none,wrong"},
            "styles": {},
        }
        for name, options in made.items():
            answer = await scene.done(await scene.emu.slash(name, options))
            assert answer.ephemeral == (name == "styles"), name
        refused = await scene.answer(await scene.emu.slash("cancel", {"id": job}))
        assert refused.ephemeral
        forgotten = await scene.answer(await scene.emu.slash("forget", {}))
        assert "All that I knew of you is gone" in text_of(forgotten)
        assert forgotten.ephemeral
        used = {each["name"] for each in scene.emu.global_commands if each["type"] == 1}
        once = {"imagine", "show", "verify", "reroll", "cancel", "forget"}
        assert used == {*said, *made, *once}


async def test_the_last_job_here_is_meant_where_no_id_is_given(scene: Scene) -> None:
    async with scene.bot():
        first = await scene.imagine("a red circle")
        second = await scene.done(await scene.emu.slash("reroll", {}))
        assert pictures(second)[0].filename[:6] != pictures(first)[0].filename[:6]
        assert "a red circle" in text_of(second)


async def test_options_are_completed_while_one_types(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle")
        job = pictures(message)[0].filename[:6]

        async def completed(command: str, option: str, typed: str) -> list[str]:
            others = {"prompt": "x"} if command == "imagine" else {}
            ix = await scene.emu.autocomplete(command, option, typed, others=others)
            await ix.wait_ack()
            assert ix.ack_type == 8
            return [each["value"] for each in ix.choices or []]

        assert "inkstyle" in await completed("imagine", "lora", "ink")
        assert await completed("imagine", "lora", "wrong:0.5, ink") == ["wrong:0.5, inkstyle"]
        assert "mini" in await completed("imagine", "model", "m")
        assert await completed("reroll", "id", "circle") == [job]
        assert await completed("show", "id", job[:3]) == [job]
        assert "imagine" in await completed("help", "command", "ima")
        await scene.imagine("a secret circle", private=True)
        assert len(await completed("show", "id", "circle")) == 2
        ix = await scene.emu.autocomplete("show", "id", "circle", user=scene.emu.user("bob"))
        await ix.wait_ack()
        assert [each["value"] for each in ix.choices or []] == [job]
