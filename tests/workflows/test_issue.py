# SPDX-License-Identifier: Apache-2.0
"""ci/issue.sh: one issue a marker over any number of nights."""
MARKER = "gleaner-drift:staging"
HIDDEN = f"<!-- {MARKER} -->"
PERSON = {"login": "someone", "id": 5, "type": "User"}


def run(github, action, text="", marker=MARKER):
    title = ["--title", "staging is not what was deployed"] if action == "open" else []
    done = github.script("issue.sh", action, "--marker", marker, *title, text=text, GITHUB_RUN_ID="7001")
    assert done.returncode == 0, done.stderr
    return done.stdout


def only(github):
    issue, = github.issues.values()
    return issue


def test_a_life(github):
    """Opened, rewritten, closed, reopened: always the same issue."""
    url = run(github, "open", "one alarm is gone")
    assert only(github)["state"] == "open" and only(github)["body"] == f"{HIDDEN}\none alarm is gone"

    assert run(github, "open", "two alarms are gone") == url
    assert only(github)["body"] == f"{HIDDEN}\ntwo alarms are gone"
    assert not github.comments, "an issue that is open is rewritten, not commented every night"

    assert run(github, "close") == url
    assert only(github)["state"] == "closed" and only(github)["state_reason"] == "completed"
    assert [c["body"].startswith("Nothing is left of it: [this run]") for c in github.comments.values()] == [True]

    assert run(github, "open", "a tag changed") == url
    assert only(github)["state"] == "open" and only(github)["body"] == f"{HIDDEN}\na tag changed"
    assert [c["body"].split(":")[0] for c in github.comments.values()] == ["Nothing is left of it", "It is back"]


def test_clean_nights_do_nothing(github):
    assert run(github, "close") == ""
    run(github, "open", "x")
    run(github, "close")
    before = len(github.writes())
    assert run(github, "close") == ""
    assert len(github.writes()) == before


def test_others_issues_are_left_alone(github):
    github.add_issue("mine", f"{HIDDEN}\nmine", user=PERSON)
    github.add_issue("quoted", f"as in\n{HIDDEN}")
    github.add_issue("a pull request", f"{HIDDEN}\n", pull_request={})
    before = {number: dict(issue) for number, issue in github.issues.items()}
    run(github, "close")
    run(github, "open", "drift")
    assert {number: github.issues[number] for number in before} == before
    assert len(github.issues) == len(before) + 1


def test_an_issue_an_environment(github):
    run(github, "open", "x")
    run(github, "open", "y", marker="gleaner-drift:production")
    assert len(github.issues) == 2


def test_the_newest_of_several(github):
    old = github.add_issue("old", f"{HIDDEN}\n", state="closed")
    new = github.add_issue("new", f"{HIDDEN}\n", state="closed")
    run(github, "open", "x")
    assert (old["state"], new["state"]) == ("closed", "open")


def test_failure_is_told(github):
    github.broken = 500
    done = github.script("issue.sh", "close", "--marker", MARKER)
    assert done.returncode == 1 and "GitHub answered 500" in done.stderr


def test_wrong_usage(github):
    for arguments in ([], ["open"], ["open", "--marker", "a b"], ["open", "--marker", MARKER], ["delete", "--marker", MARKER]):
        assert github.script("issue.sh", *arguments).returncode == 2, arguments
    assert not github.writes()
