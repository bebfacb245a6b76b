from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.slack.richtext import (
    UNDER_ART,
    as_typed,
    blocks,
    characters,
    escaped,
    literal,
    plain,
    plain_text,
    shortened,
    small_print,
)
from bot.commands import Widest, commands
from bot.reply import Line, Span, code, faint, line, strong, user
from tests.slack_blocks import flaws, length, said

JOINER = "\u2060"

# fmt: off
MARKS = (
    "<!channel>", "<!here>", "<@U1>", "<#C1|x>", "<!subteam^S1>", "<!date^1^{date}|x>", "<", "!",
    "@", "#", ">", "&", "&lt;", "&amp;", "*", "_", "~", "`", "```", ":smile:", ":", "*a*", "_b_",
    "https://a.b/c_d", "<https://a.b|c>", "@channel", "@here", "/history", "/show", "> quote",
    "- list", "1. one", "<lora:ink:0.8>", "a", "fox ",
)
# fmt: on
ODD = ("\n", "\r\n", " ", "\t", "\x00", "\x1b", "\x85", "\u2028", "\ufffe", "\ud800", "\u00a0")
TURNING = ("\u202e", "\u202d", "\u202a", "\u202c", "\u2066", "\u2067", "\u2068", "\u2069", "\u200f")
WIDE = ("שלום", "مرحبا", "🦊", "👩‍👩‍👧‍👦", "🇩🇪", "é", "字")
TEXTS = st.lists(
    st.one_of(st.sampled_from((*MARKS, *ODD, *TURNING, *WIDE)), st.text(max_size=4)), max_size=14
).map("".join)
SPANS = st.builds(Span, TEXTS, st.sampled_from(("plain", "strong", "faint", "code", "user")))
LINES = st.lists(SPANS, max_size=5).map(tuple)
thorough = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(st.lists(LINES, max_size=4))
def test_any_lines_are_blocks_in_which_nothing_means_anything(lines: list[Line]) -> None:
    assert flaws(list(blocks(lines))) == []


@thorough
@given(TEXTS)
def test_what_a_person_wrote_has_no_style_and_stands_as_it_is(text: str) -> None:
    shown = said(list(blocks([line(user(text))])))
    invisible = str.maketrans("", "", f"{JOINER}\u2068\u2069")
    assert shown.translate(invisible).split() == literal(text).translate(invisible).split()


@thorough
@given(st.lists(LINES, max_size=3))
def test_no_text_turns_what_stands_beside_it(lines: list[Line]) -> None:
    for block in blocks(lines):
        if block["type"] == "rich_text":
            assert_apart(said([block]))


def assert_apart(text: str) -> None:
    for row in text.split("\n"):
        depth = 0
        for character in row:
            depth += {"\u2068": 1, "\u2069": -1}.get(character, 0)
            assert 0 <= depth <= 1
            assert depth == 1 or unicodedata.bidirectional(character) not in ("R", "AL", "AN")
        assert depth == 0


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (line(strong("#k7f3q2"), " is next."), "**#k7f3q2** is next."),
        (line(strong("a"), "\x07", strong("b")), "**ab**"),
        (line("of ", user("*a* _b_ :c: <d>"), "."), "of *a* _b_ :c: <d>."),
        (line(code("/imagine a_*"), " x"), "`/imagine a_*` x"),
        (line(strong("a"), faint(" · b")), "**a** · b"),
        (line(user("a\r\n\n  \nb\x00\ud800")), "a\nb"),
        (line("of ", user("a\n\n b\tc"), "."), "of a b c."),
        (line("of ", user("שלום"), ": 1"), "of \u2068שלום\u2069: 1"),
        (line(code("/imagine שלום"), ": 1"), "\u2068`/imagine שלום`\u2069: 1"),
        (line(user("<!here> <@U1> <#C1> <x>")), "<\u2060!here> <\u2060@U1> <\u2060#C1> <x>"),
        (line("<", user("!here>")), "<\u2060!here>"),
        (line(user("a\u202eb")), "ab"),
    ],
)
def test_paragraphs_read_well(parts: Line, expected: str) -> None:
    assert said(list(blocks([parts]))) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (line(faint("no "), user("blur* _x_ <!here>")), "-# no blur* _x_ <\u2060!here>"),
        (line("", faint("from #k7f3q2")), "-# from #k7f3q2"),
        (
            line(faint("More: "), code("/imagine a&b --page 7")),
            "-# More: | `/imagine a&amp;b --page 7`",
        ),
        (line(faint("a "), strong("b&c"), user(" d")), "-# a | *b&amp;c* | d"),
        (line(faint("a"), strong("b*c")), "-# a | b*c"),
        (line(faint("a"), strong(":b:")), "-# a | :b:"),
        (line(faint("a"), code("b`c")), "-# a | b`c"),
        (line(faint("a"), code("שלום")), "-# a | `שלום`"),
        (line(faint("a"), code(" ")), "-# a"),
    ],
)
def test_small_print_reads_well(parts: Line, expected: str) -> None:
    assert said(list(blocks([parts]))) == expected


def test_lines_that_follow_one_another_are_one_paragraph() -> None:
    lines = [
        line(user("a fox")),
        line(strong("#k7f3q2"), " · seed 7"),
        line(faint("small")),
        line("b"),
    ]
    made = list(blocks(lines))
    assert [block["type"] for block in made] == ["rich_text", "context", "rich_text"]
    assert said(made[:1]) == "a fox\n**#k7f3q2** · seed 7"
    assert [len(block["elements"]) for block in made] == [1, 1, 1]


def test_what_shows_nothing_makes_no_block() -> None:
    assert list(blocks([line(), line(user("\x00")), line(faint(""), " "), line("\n")])) == []


def test_a_long_text_is_several_paragraphs_of_whole_words() -> None:
    words = [f"{number:095}" for number in range(60)]
    made = list(blocks([line(user(" ".join(words)))]))
    assert len(made) == 2
    assert [word for block in made for word in said([block]).split()] == words
    assert flaws(made) == []


def test_long_small_print_is_one_text_in_several_parts() -> None:
    made = small_print(line(faint("no "), user("🦊" * 9000), strong("x"), faint(" · steps 9")))
    assert flaws(made, characters=20_000) == []
    assert len(made) == 2
    elements = [element for block in made for element in block["elements"]]
    assert "".join(element["text"] for element in elements) == "no " + "🦊" * 9000 + "x · steps 9"
    assert {element["type"] for element in elements} == {"plain_text"}


def test_small_print_of_many_styles_is_one_text() -> None:
    parts = [part for number in range(9) for part in (faint("a "), strong(f"{number} "))]
    made = small_print(tuple(parts))
    assert said(made) == "-# " + "".join(f"a {number} " for number in range(9)).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/history lists what there is", "/art history lists what there is"),
        ("; /help imagine lists the flags.", "; /art help imagine lists the flags."),
        ("(/models)", "(/art models)"),
        ("type /show.", "type /art show."),
        ("/imagine and /reroll", "/imagine and /reroll"),
        ("/art show k7f3q2", "/art show k7f3q2"),
        ("data/loras and /data/loras", "data/loras and /data/loras"),
        ("/loras/ink.safetensors", "/loras/ink.safetensors"),
        ("/models.toml, /history-old, /shows", "/models.toml, /history-old, /shows"),
        ("/quit", "/quit"),
    ],
)
def test_commands_are_named_as_they_are_typed_on_slack(text: str, expected: str) -> None:
    assert as_typed(text) == expected
    assert as_typed(as_typed(text)) == expected


def test_every_command_but_two_is_under_art() -> None:
    assert {command.name for command in commands(Widest())} - UNDER_ART == {"imagine", "reroll"}
    assert as_typed(" ".join(f"/{name}" for name in sorted(UNDER_ART))) == " ".join(
        f"/art {name}" for name in sorted(UNDER_ART)
    )


def test_only_our_own_words_are_put_so() -> None:
    parts = line(strong("/show"), " or ", user("/show"), " or ", code("/history of /show"))
    assert said(list(blocks([parts]))) == "**/art show** or /show or `/art history of /show`"
    assert plain(parts) == "/art show or /show or /art history of /show"


def test_plain_text_is_one_line_without_marks() -> None:
    assert plain(line(strong("#k7"), " ", user("a *b*\nc\x07\u202e <!here>"))) == (
        "#k7 a *b* c <\u2060!here>"
    )
    assert plain(line("of ", user("שלום"), ".")) == "of \u2068שלום\u2069."


def test_text_is_escaped_for_markup() -> None:
    assert escaped("a & b <!here> &lt;") == "a &amp; b &lt;!here&gt; &amp;lt;"


def test_a_text_object_says_at_most_so_much() -> None:
    assert plain_text("a\n<!here>" + "🦊" * 50, 20) == {
        "type": "plain_text",
        "text": "a <\u2060!here>" + "🦊" * 4 + "…",
        "emoji": False,
    }


@thorough
@given(TEXTS, st.integers(5, 30))
def test_a_text_is_shortened_by_any_measure(text: str, most: int) -> None:
    short = shortened(text, most, lambda text: len(escaped(text)))
    assert len(escaped(short)) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
    assert length(shortened(text, most)) <= most


def test_all_that_is_read_is_counted() -> None:
    made = list(blocks([line(user("a fox🦊")), line(faint("abc"), strong("d"))]))
    assert characters(made) == length("a fox🦊") + len("abc") + len("*d*")
    image = {"type": "image", "alt_text": "abc", "title": {"type": "plain_text", "text": "de"}}
    assert characters([image]) == 5
