# SPDX-License-Identifier: Apache-2.0
"""ci/comment.sh: one comment a marker, updated in place, and nobody else's."""
import pytest

MARKER = "<!-- gleaner-plan:staging -->"
PERSON = {"login": "someone", "id": 5, "type": "User"}


def comment(github, text, number="12"):
    return github.script("comment.sh", "--number", number, text=text)


def test_made_once_then_updated_in_place(github):
    first = comment(github, f"{MARKER}\none\n")
    second = comment(github, f"{MARKER}\ntwo, with \"quotes\" and ünïcode\n")
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert first.stdout == second.stdout and first.stdout.startswith(github.url)
    assert [c["body"] for c in github.comments.values()] == [f"{MARKER}\ntwo, with \"quotes\" and ünïcode"]
    assert [method for method, _ in github.writes()] == ["POST", "PATCH"]


def test_another_environment_has_a_comment_of_its_own(github):
    comment(github, f"{MARKER}\none")
    comment(github, "<!-- gleaner-plan:production -->\ntwo")
    assert len(github.comments) == 2


def test_a_persons_comment_with_the_marker_stays(github):
    github.add_comment(12, f"{MARKER}\nmine", PERSON)
    assert comment(github, f"{MARKER}\nours").returncode == 0
    assert sorted(c["body"] for c in github.comments.values()) == [f"{MARKER}\nmine", f"{MARKER}\nours"]


def test_found_on_a_later_page_and_only_by_its_first_line(github):
    for n in range(230):
        github.add_comment(12, f"number {n}\n{MARKER}")
    mine = github.add_comment(12, f"{MARKER}\r\nold")
    github.add_comment(12, "after it")
    assert comment(github, f"{MARKER}\nnew").returncode == 0
    assert mine["body"] == f"{MARKER}\nnew"
    assert len(github.comments) == 232


def test_a_long_summary(github):
    text = f"{MARKER}\n" + "é" * 29_000
    assert comment(github, text).returncode == 0
    assert [c["body"] for c in github.comments.values()] == [text]


@pytest.mark.parametrize("text", ["no marker", "", "<!-- open\n-->"])
def test_text_without_a_marker(github, text):
    assert comment(github, text).returncode == 2
    assert not github.requests


def test_failure_is_told(github):
    github.broken = 403
    done = comment(github, f"{MARKER}\none")
    assert done.returncode == 1 and "GitHub answered 403" in done.stderr
    assert not github.writes()
