from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.errors import BadPrompt, BadValue, UserError
from generation.prompt import DEPTH_MAX, check, extract_loras, plain_words, read, translate
from generation.prompt_syntax import PARTS_MAX, WEAKENED_MAX
from generation.recipe import LoraUse


def weights(text: str) -> list[tuple[str, float]]:
    """The passages of a prompt that is not joined, with weights to three places."""
    return [(part.text, round(part.weight, 3)) for part in read(text).prompts[0]]


def refusal(text: str) -> BadPrompt:
    with pytest.raises(BadPrompt) as caught:
        read(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a red++ apple", [("a", 1), ("red", 1.21), ("apple", 1)]),
        ("a red-- apple", [("a", 1), ("red", 0.81), ("apple", 1)]),
        ("red+, blue-", [("red", 1.1), (",", 1), ("blue", 0.9)]),
        ("(a red apple)1.3 tree", [("a red apple", 1.3), ("tree", 1)]),
        ("(a red apple)+++", [("a red apple", 1.331)]),
        ("(a red apple)---", [("a red apple", 0.729)]),
        ("(apple).5", [("apple", 0.5)]),
        ("(apple)0", [("apple", 0)]),
        ('"a red apple"1.3', [("a red apple", 1.3)]),
        ("“a red apple”++", [("a red apple", 1.21)]),
        ("(a red apple:1.3)", [("a red apple", 1.3)]),
        ("(a red apple: 1.3 )", [("a red apple", 1.3)]),
        ("(roter apfel:1,3)", [("roter apfel", 1.3)]),
        ("(a:b:1.3)", [("a:b", 1.3)]),
        ("[apple]", [("apple", 0.909)]),
        ("[[apple]]", [("apple", 0.826)]),
        ("((red)1.2 apple)1.1", [("red", 1.32), ("apple", 1.1)]),
        ("((red:1.2) apple:1.1)", [("red", 1.32), ("apple", 1.1)]),
        ("(red++ apple:0.5)", [("red", 0.605), ("apple", 0.5)]),
        ("((red:1.2))1.1", [("red", 1.32)]),
        ("(red:1.2)++", [("red", 1.452)]),
        ("a\\(b\\)++ c", [("a(b)", 1.21), ("c", 1)]),
        ("🎨++ don't--", [("🎨", 1.21), ("don't", 0.81)]),
        ("a photo(s:1.2)", [("a photo", 1), ("s", 1.2)]),
        ("(a)0.5 (b)0.5", [("a b", 0.5)]),
        ("(a face :) smiling++", [("a face :", 1), ("smiling", 1.21)]),
    ],
)
def test_weights_are_read(text: str, expected: list[tuple[str, float]]) -> None:
    assert weights(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a red circle",
        "state-of-the-art, well-known -- and new - really",
        "--word +1 -5 a+b",
        "Dr. Who... a.b.blend, e.g. 3.5++",
        'a sign that says "open", 6" tall',
        "“smart” ‘quotes’ and «others»",
        "photo(s) of (a cat) ((and)) a dog",
        "(ratio 16:9) (at 10:30)",
        "(a: b)",
        "smile :) wink ;-) sad :( =) (a face :)",
        "1) a cat 2) a dog",
        "a) a cat\nb) a dog",
        "new\nlines\tand tabs",
        "日本語 émigré 🎨👩‍👩‍👧",
        "x=y++ 50% & <b>",
        "(c)3d",
        r"back\slash",
        "",
    ],
)
def test_text_without_weights_is_plain_and_stays_as_typed(text: str) -> None:
    reading = read(text)
    assert reading.plain
    assert reading.literal == text


def test_escapes_are_taken_out_of_a_plain_text() -> None:
    reading = read(r"a \(b\) \[c\] \"d\"")
    assert reading.plain
    assert reading.literal == 'a (b) [c] "d"'
    assert reading.compel == r"a \(b\) [c] \"d\""


def test_a_weight_of_one_is_syntax_and_no_text() -> None:
    assert weights("(a cat:1.0) here") == [("a cat here", 1)]
    assert not read("(a cat)1").plain


def test_brackets_without_weight_vanish_beside_weights_but_stay_inside_words() -> None:
    assert weights("(a cat) photo(s) red++")[0] == ("a cat photo(s)", 1)


@pytest.mark.parametrize(
    "text",
    [
        "a red++ apple--, (on a table)1.3",
        '("a red apple", "a blue cube++").and()',
        '("a","b").blend(0.7,0.3)',
        '("a", "b").blend(1, 1, no_normalize)',
        '(red, "a b").add(1, 0.5)',
        "((red)1.2 apple)1.1 pie",
        'a "red apple"++',
    ],
)
def test_what_is_compels_grammar_already_is_not_touched(text: str) -> None:
    assert translate(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a phrase:1.3) x", "(a phrase)1.3 x"),
        ("(a:1.3)5", "(a)1.3 5"),
        ("(a:2).", "(a)2 ."),
        ("(a:1.3), (b:0.25)", "(a)1.3, (b)0.25"),
        ("(a:1.3)++", "((a)1.3)++"),
        ("[a] b", "(a)0.9091 b"),
        ("red(blue:1.2)", "red (blue)1.2"),
        ("(“a”, “b”).and()", '("a", "b").and()'),
        ("('it's a', «b»).and()", '("it\'s a", "b").and()'),
        ('("(a:1.2) b", "c").and()', '("(a)1.2 b", "c").and()'),
        (":) x++", ":\\) x++"),
    ],
)
def test_the_rest_is_written_in_compels_grammar(text: str, expected: str) -> None:
    assert translate(text) == expected


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("a (red apple", "unclosed bracket", 2),
        ("a [red apple", "unclosed bracket", 2),
        ("a ((red) apple", "unclosed bracket", 2),
        ("a red) apple", "stray bracket", 5),
        ("a red] apple", "stray bracket", 5),
        ("a (red] apple", "mismatched brackets", 6),
        ("a [red) apple", "mismatched brackets", 6),
        ("a () b", "empty brackets", 2),
        ("a ( \u00a0) b", "empty brackets", 2),
        ("a (:1.3) b", "empty brackets", 2),
        ("(red)50", "weight", 5),
        ("(red)-50", "weight", 5),
        ("(red)1e9", "weight", 5),
        ("(red:50)", "weight", 5),
        ("(red:-50)", "weight", 5),
        ("(red:-0.1)", "weight", 5),
        ("(red: nan)", "weight", 6),
        ("(red:inf)", "weight", 5),
        ("(red:1e9)", "weight", 5),
        ("red" + "+" * 50, "weight", 3),
        ("red" + "+" * 100_000, "weight", 3),
        ("((red)4)4", "weight", 7),
        ("x [cat:dog:0.5]", "prompt editing", 2),
        ("x [cat|dog]", "prompt editing", 2),
        ("a cat.swap(dog)", "unsupported", 5),
        ("a cat withLora(x, 1)", "unsupported", 6),
        ("a <|endoftext|> b", "tokenizer word", 2),
        ("(" * 2000, "too deep", DEPTH_MAX),
        ("a\x00b", "control character", 1),
        ("a\ud800b", "control character", 1),
        ('a ("b", "c").and()', "text around", 0),
        ('("b", "c").and() d', "text around", 17),
        ("(a b, c d).and()", "quotes missing", 3),
        ("(a, ).and()", "quotes missing", 4),
        ('("a, b).and()', "unclosed quote", 1),
        ('("a", "").and()', "empty part", 6),
        ('("a", "b").and(', "unclosed bracket", 14),
        ('("a", "b").and(1)', "weights count", 15),
        ('("a", "b").blend(1, 1, 1)', "weights count", 17),
        ('("a", "b").blend(0, 0)', "weights zero", 17),
        ('("a", "b").blend(1, -1)', "weights zero", 17),
        ('("a", "b").blend(1, -0.99)', "weights zero", 17),
        ('("a", "b").blend(0, 0, no_normalize)', "weights zero", 17),
        ('("a", "b").blend(1, x)', "joined weight", 17),
        ('("a", "b").blend(1, 1e9)', "joined weight", 17),
        ('("a", "b").and(1, -1)', "joined weight", 15),
        ('("a (b", "c").and()', "unclosed bracket", 4),
        ("(" + ", ".join(["a"] * (PARTS_MAX + 1)) + ").and()", "too many parts", 23),
        ("a- b " * (WEAKENED_MAX + 1), "too many weakened", 0),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(text: str, reason: str, position: int) -> None:
    error = refusal(text)
    assert (error.reason, error.position, error.text) == (
        reason,
        position,
        "" if reason == "control character" else text,
    )


def test_a_refusal_names_the_field_and_points_into_the_text_as_typed() -> None:
    text = "<lora:ink:0.5> a (b"
    with pytest.raises(BadPrompt) as caught:
        check(text, "negative")
    assert caught.value.field == "negative"
    assert text[caught.value.position] == "("
    assert caught.value.text == text


def test_deep_brackets_within_the_bound_are_read() -> None:
    text = "(" * DEPTH_MAX + "a" + ")1.01" * DEPTH_MAX
    assert weights(text) == [("a", round(1.01**DEPTH_MAX, 3))]


def test_joined_prompts_keep_their_parts_and_weights() -> None:
    reading = read('("a red++ cat", "dog").blend(0.7, 0.3)')
    assert reading.join == "blend"
    assert reading.weights == (0.7, 0.3)
    assert reading.normalize
    assert [[part.text for part in prompt] for prompt in reading.prompts] == [
        ["a", "red", "cat"],
        ["dog"],
    ]


def test_a_prompt_of_no_words_is_refused_and_a_negative_of_none_is_not() -> None:
    for text in ("", "  \n", "<lora:ink:0.5>"):
        with pytest.raises(BadPrompt) as caught:
            check(text)
        assert caught.value.reason == "empty"
        check(text, "negative")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a red++  (cat:1.3), [dog]", "a red cat , dog"),
        ('("a red++ cat", "a dog").and()', "a red cat, a dog"),
        ("a (plain) text", "a (plain) text"),
        ("<lora:ink:0.5> a  cat", "a cat"),
        ("broken ( text <lora:ink>", "broken ( text"),
    ],
)
def test_plain_words_are_the_words_alone(text: str, words: str) -> None:
    assert plain_words(text) == words


@pytest.mark.parametrize(
    ("text", "left", "loras"),
    [
        ("a cat", "a cat", ()),
        ("a cat <lora:ink:0.8>", "a cat", (LoraUse("ink", 0.8),)),
        ("a <lora:ink> cat", "a cat", (LoraUse("ink", 1.0),)),
        ("<LORA:a:-1><lora:b:0.5:0.2>x", "x", (LoraUse("a", -1.0), LoraUse("b", 0.5))),
    ],
)
def test_loras_are_taken_out_of_the_text(text: str, left: str, loras: tuple[LoraUse, ...]) -> None:
    assert extract_loras(text) == (left, loras)


@pytest.mark.parametrize(
    "tag", ["<lora:ink:strong>", "<lora:ink:3>", "<lora:ink:nan>", "<lora:ink:>", "<lora::1>"]
)
def test_a_bad_lora_tag_is_refused(tag: str) -> None:
    with pytest.raises(BadValue) as caught:
        extract_loras(f"a cat {tag}")
    assert "lora" in caught.value.field


PIECES = "a|red| |, |(|)|[|]|\"|“|”|+|--|:|1.3|50|\\|.and(|).blend(|no_normalize|=|.|:)|\n|'"
SYNTAX = st.lists(st.sampled_from([*PIECES.split("|"), "|", "<lora:x:1>"]), max_size=60).map(
    "".join
)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=3000) | SYNTAX)
def test_any_text_is_read_or_refused(text: str) -> None:
    for call in (check, translate, plain_words, extract_loras):
        with contextlib.suppress(UserError):
            call(text)


@settings(max_examples=400, deadline=None)
@given(SYNTAX)
def test_a_refusal_points_into_the_text(text: str) -> None:
    position = 0
    try:
        read(text)
    except BadPrompt as error:
        position = error.position
    assert 0 <= position <= len(text)


@settings(max_examples=300, deadline=None)
@given(SYNTAX)
def test_every_weight_that_is_read_is_in_range(text: str) -> None:
    try:
        reading = read(text)
    except BadPrompt:
        return
    assert all(0 <= part.weight <= 5 for prompt in reading.prompts for part in prompt)
    assert len(reading.prompts) == len(reading.weights)
