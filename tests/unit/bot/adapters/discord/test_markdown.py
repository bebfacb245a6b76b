from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.discord.markdown import markdown, plain
from bot.characters import clipped, units
from bot.reply import Line, Span, code, faint, line, strong, user
from tests.discord_markdown import read

OURS = {"strong", "code", "small"}
"""All that a line of ours may be made of."""
ADDED = str.maketrans("", "", "\u2068\u2069\u200b")
"""What markdown() adds that nobody sees."""

# fmt: off
MARKS = (
    "<@123>", "<@!1>", "<@&123>", "<#123>", "<:a:1>", "<a:b:1>", "<t:1>", "<t:1:R>", "</x:1>",
    "<id:home>", "@everyone", "@here", "**", "*", "__", "_", "~~", "||", "`", "``", "```", "\\",
    "[x](http://y)", "https://a.b/c_d", "<https://a.b>", "discord.gg/abc", "discord.com/invite/x",
    ":smile:", ":a_b:", "#", "##", "-#", "-", "+", ">", ">>>", "1.", "2)", "a", "b", "x-y", "::",
    "//", "@", ":", "<lora:ink:0.8>", "every", "one", "here", "]", ")", "(", "[", "!", "7",
)
# fmt: on
ODD = (
    "\n",
    "\r\n",
    " ",
    "  ",
    "\t",
    "\x00",
    "\x1b",
    "\x85",
    "\u2028",
    "\ufffe",
    "\ud800",
    "\udc00",
)
TURNING = ("\u202e", "\u202d", "\u202a", "\u202c", "\u2066", "\u2067", "\u2068", "\u2069", "\u200f")
WIDE = ("שלום", "مرحبا", "🦊", "👩‍👩‍👧‍👦", "🇩🇪", "é", "👍🏽", "字")
TEXTS = st.lists(
    st.one_of(st.sampled_from((*MARKS, *ODD, *TURNING, *WIDE)), st.text(max_size=4)), max_size=14
).map("".join)
SPANS = st.builds(Span, TEXTS, st.sampled_from(("plain", "strong", "faint", "code", "user")))
LINES = st.lists(SPANS, max_size=5).map(tuple)
thorough = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(LINES)
def test_nothing_in_a_line_means_anything_but_our_own_styles(parts: Line) -> None:
    assert read(markdown(parts)).kinds <= OURS


@thorough
@given(LINES)
def test_what_is_shown_is_what_was_written(parts: Line) -> None:
    shown = read(markdown(parts)).text.translate(ADDED)
    assert shown.split() == plain(parts).translate(ADDED).split()


@thorough
@given(TEXTS)
def test_what_a_person_wrote_has_no_style_and_can_be_sent(text: str) -> None:
    written = markdown(line(user(text)))
    assert read(written).found == ()
    assert written.encode("utf-8").decode("utf-8") == written
    assert "@everyone" not in written
    assert "@here" not in written


@thorough
@given(LINES)
def test_no_text_turns_what_stands_beside_it(parts: Line) -> None:
    for row in markdown(parts).split("\n"):
        depth = 0
        for character in row:
            assert character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067"
            depth += {"\u2068": 1, "\u2069": -1}.get(character, 0)
            assert 0 <= depth <= 1
            if unicodedata.bidirectional(character) in ("R", "AL", "AN"):
                assert depth == 1
        assert depth == 0


@thorough
@given(TEXTS, st.integers(0, 40))
def test_a_cut_leaves_no_half_of_anything(text: str, most: int) -> None:
    short = clipped(text, most)
    assert len(short) <= most or short == text
    assert read(markdown(line(user(short)))).found == ()
    assert short == text or text.startswith(short.removesuffix("…").rstrip())


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (line(strong("#k7f3q2"), " is next."), "**#k7f3q2** is next."),
        (line(strong("a"), strong("b")), "**ab**"),
        (line(strong("a"), "\x07", strong("b")), "**ab**"),
        (line(code("a"), "", code("b")), "`ab`"),
        (line(strong("")), ""),
        (line(faint("steps "), user("30")), "-# steps 30"),
        (line(faint(" no file")), "-# no file"),
        (line("", faint("from #k7f3q2")), "-# from #k7f3q2"),
        (line(strong("a"), faint(" · b")), "**a** · b"),
        (line(code("/show k7f3q2_*")), "`/show k7f3q2_*`"),
        (line(code("a`b")), "``a`b``"),
        (line(code("a``b")), r"a\`\`b"),
        (line(code("`a")), r"\`a"),
        (line("1. ", strong("#k7f3q2")), r"1\. **#k7f3q2**"),
        (line(user("# not a heading")), r"\# not a heading"),
        (line(user("-# not small")), r"\-# not small"),
        (line(user("- a\n+ b\n12) c")), "\\- a\n\\+ b\n12\\) c"),
        (line(user("-5 to +5, 1.5 and #1")), "-5 to +5, 1.5 and #1"),
        (line(user("a fox++, (snow:1.3), c/d")), "a fox++, (snow:1.3), c/d"),
        (line(user("<lora:ink:0.8>")), r"\<lora\:ink:0.8\>"),
        (line(user("https://a.b/c")), r"https\://a.b/c"),
        (line(user("discord.gg/x")), r"discord.gg\/x"),
        (line("by @", user("everyone")), "by @\u200beveryone"),
        (line("of ", user("a\n\n b\tc"), "."), "of a b c."),
        (line(user("a\r\n\n  \nb\x00\ud800")), "a\nb"),
        (line(code("/show שלום"), ": 1"), "\u2068`/show שלום`\u2069: 1"),
        (line("of ", user("שלום"), ": 1"), "of \u2068שלום\u2069: 1"),
        (line(user("a\u202eb")), "ab"),
    ],
)
def test_lines_read_well(parts: Line, expected: str) -> None:
    assert markdown(parts) == expected


def test_of_very_many_paragraphs_the_last_are_joined() -> None:
    written = markdown(line(user("\n".join(f"p{number}" for number in range(300)))))
    assert written.count("\n") == 11
    assert written.endswith("p298 p299")


def test_two_thousand_emoji_stay_whole() -> None:
    fox = "🦊" * 2000
    assert markdown(line(user(fox))) == fox
    assert units(fox) == 4000


def test_plain_text_is_one_line_without_marks() -> None:
    assert plain(line(strong("#k7"), " ", user("a *b*\nc\x07\u202e"))) == "#k7 a *b* c"
