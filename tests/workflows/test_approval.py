# SPDX-License-Identifier: Apache-2.0
"""ci/approval.sh against a GitHub of our own: what lets an apply begin, and everything that does not."""
import copy

import pytest

COMMIT, NEWER = "a" * 40, "b" * 40
RUN = "7001"
AUTHOR, REVIEWER, STRANGER = ({"login": name, "id": number, "type": "User"} for number, name in enumerate(["author", "reviewer", "stranger"], 1))
TEAM = {"id": 50, "slug": "operators"}


def approval(user=REVIEWER, environment="production", state="approved"):
    return {"state": state, "comment": "", "user": user, "environments": [{"id": 9, "name": environment}]}


@pytest.fixture
def approved(github):
    """Everything as it should be: the other tests each spoil one thing."""
    github.branches["main"] = {"commit": COMMIT, "protected": True}
    github.environments["production"] = {
        "name": "production", "can_admins_bypass": False,
        "protection_rules": [{"type": "required_reviewers", "prevent_self_review": True,
                              "reviewers": [{"type": "User", "reviewer": REVIEWER}]}, {"type": "branch_policy"}],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
    github.policies["production"] = [{"id": 1, "name": "main", "type": "branch"}]
    github.runs[RUN] = {"id": int(RUN), "head_sha": COMMIT, "head_branch": "main", "event": "push", "actor": AUTHOR,
                        "triggering_actor": AUTHOR}
    github.approvals[RUN] = [approval()]
    return github


def ask(github, environment="production", branch="main", commit=COMMIT, run=RUN):
    return github.script("approval.sh", "--environment", environment, "--branch", branch, "--commit", commit, GITHUB_RUN_ID=run)


def test_approved(approved):
    done = ask(approved)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{COMMIT} was approved for production by reviewer\n"
    assert not approved.writes()


def rules(github):
    return github.environments["production"]


def reviewers(github):
    return rules(github)["protection_rules"][0]["reviewers"]


REFUSALS = {
    "unknown environment": (lambda g: g.environments.clear(), "knows no environment production"),
    "an environment that GitHub made by itself": (
        lambda g: rules(g).update(protection_rules=[], deployment_branch_policy=None), "no required reviewers"),
    "no reviewers": (lambda g: rules(g)["protection_rules"].pop(0), "no required reviewers"),
    "an empty list of reviewers": (lambda g: reviewers(g).clear(), "no required reviewers"),
    "no branch policy": (lambda g: rules(g).update(deployment_branch_policy=None), "every branch may deploy"),
    "a policy for another branch": (lambda g: g.policies["production"][0].update(name="develop"), "other branches than main"),
    "a policy with a wildcard": (lambda g: g.policies["production"].append({"name": "*", "type": "branch"}), "other branches than main"),
    "a policy for a tag of that name": (lambda g: g.policies["production"][0].update(type="tag"), "other branches than main"),
    "no policies": (lambda g: g.policies["production"].clear(), "other branches than main"),
    "protected branches, but main is not": (
        lambda g: (rules(g).update(deployment_branch_policy={"protected_branches": True}), g.branches["main"].update(protected=False)),
        "main is not protected"),
    "nobody approved": (lambda g: g.approvals.clear(), "nobody has approved"),
    "still pending": (lambda g: g.approvals[RUN][0].update(state="pending"), "nobody has approved"),
    "rejected": (lambda g: g.approvals[RUN][0].update(state="rejected"), "nobody has approved"),
    "approved, then rejected": (lambda g: g.approvals[RUN].append(approval(state="rejected")), "was rejected"),
    "approved for another environment": (lambda g: g.approvals.update({RUN: [approval(environment="staging")]}), "nobody has approved"),
    "another run was approved": (lambda g: (g.runs.update({"7000": copy.deepcopy(g.runs[RUN])}), g.approvals.update({"7000": g.approvals.pop(RUN)})),
                                 "nobody has approved run 7001"),
    "unknown run": (lambda g: g.runs.clear(), "knows no run 7001"),
    "self-review": (lambda g: (g.approvals.update({RUN: [approval(AUTHOR)]}), reviewers(g).append({"type": "User", "reviewer": AUTHOR})),
                    "only by author"),
    "approved by who ran it again": (lambda g: g.runs[RUN].update(triggering_actor=REVIEWER), "only by reviewer"),
    "approved by who is no reviewer": (lambda g: g.approvals.update({RUN: [approval(STRANGER)]}), "only by stranger"),
    "a team, and administrators may bypass": (
        lambda g: (reviewers(g).clear(), reviewers(g).append({"type": "Team", "reviewer": TEAM}), rules(g).update(can_admins_bypass=True)),
        "only by reviewer"),
    "a newer commit": (lambda g: g.branches["main"].update(commit=NEWER), "has moved on"),
    "the branch is gone": (lambda g: rules(g).update(deployment_branch_policy={"protected_branches": False}) or g.branches.clear(),
                           "knows no branch main"),
    "the run is of another commit": (lambda g: g.runs[RUN].update(head_sha=NEWER), "this run is of commit"),
    "the run is of another branch": (lambda g: g.runs[RUN].update(head_branch="feature"), "push on feature"),
    "the run is a pull request's": (lambda g: g.runs[RUN].update(event="pull_request"), "pull_request on main"),
}


@pytest.mark.parametrize("spoil, says", REFUSALS.values(), ids=REFUSALS.keys())
def test_refused(approved, spoil, says):
    spoil(approved)
    done = ask(approved)
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert "REFUSED: " in done.stderr and says in done.stderr


ACCEPTED = {
    "protected branches": lambda g: rules(g).update(deployment_branch_policy={"protected_branches": True, "custom_branch_policies": False}),
    "a member of a team, where nobody bypasses": lambda g: (reviewers(g).clear(), reviewers(g).append({"type": "Team", "reviewer": TEAM})),
    "the author as well as a reviewer": lambda g: g.approvals[RUN].append(approval(AUTHOR)),
    "rejected for another environment": lambda g: g.approvals[RUN].append(approval(environment="staging", state="rejected")),
    "started by hand": lambda g: g.runs[RUN].update(event="workflow_dispatch"),
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(approved, change):
    change(approved)
    done = ask(approved)
    assert done.returncode == 0, done.stderr
    assert "approved for production by reviewer\n" in done.stdout


@pytest.mark.parametrize("status", [401, 403, 422, 500])
def test_no_answer_is_no_approval(approved, status):
    approved.broken = status
    done = ask(approved)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"GitHub answered {status}: Something is wrong here" in done.stderr


@pytest.mark.parametrize("missing", ["GITHUB_TOKEN", "GITHUB_RUN_ID", "GITHUB_REPOSITORY"])
def test_needs_its_variables(approved, missing):
    done = approved.script("approval.sh", "--environment", "production", "--branch", "main", "--commit", COMMIT,
                           **{"GITHUB_RUN_ID": RUN, missing: ""})
    assert done.returncode == 2 and f"{missing} is not set" in done.stderr


def test_wrong_usage(approved):
    assert approved.script("approval.sh", "--environment", "production").returncode == 2
    assert ask(approved, commit="main").returncode == 2
    assert "approval" in approved.script("approval.sh", "--help").stdout
