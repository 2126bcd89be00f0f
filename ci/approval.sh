#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Asks GitHub whether this run was approved for an environment, by whom, and under which rules; refuses (3) when any of it is wanting.
# GitHub makes an environment that a workflow names and nobody set up, without a rule, and lets the job pass: so we ask.
#
#   ci/approval.sh --environment E --branch B --commit SHA
#
# What must hold:
#   the environment has required reviewers, and only the branch may deploy to it;
#   this run runs the commit, on the branch, and the branch has not moved on: a newer commit voids the approval;
#   somebody approved this run for this environment, who is a reviewer and neither pushed nor started it.
#
# Needs GITHUB_TOKEN (actions: read, contents: read), GITHUB_REPOSITORY, GITHUB_RUN_ID.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/github.sh"

environment='' branch='' commit=''
while [ $# -gt 0 ]; do
  case $1 in
  --help) show_help ;;
  --branch) need_value "$@"; branch=$2; shift 2 ;;
  --commit) need_value "$@"; commit=$2; shift 2 ;;
  --environment) need_value "$@"; environment=$2; shift 2 ;;
  *) wrong_usage "unexpected argument $1" ;;
  esac
done
[[ -n $environment && -n $branch ]] || wrong_usage '--environment and --branch are needed'
is_commit "$commit" || wrong_usage '--commit needs a whole commit hash'
github_needs GITHUB_REPOSITORY GITHUB_RUN_ID GITHUB_TOKEN

# ask WHAT PATH: the answer; nothing to ask about is a refusal.
ask() {
  local code=0
  github GET "$2" || code=$?
  case $code in
  0) ;;
  4) refuse "GitHub knows no $1" ;;
  *) die "GitHub did not say anything about $1" ;;
  esac
}

check_rules() {
  local policies
  jq -e '[.protection_rules[]? | select(.type == "required_reviewers") | .reviewers[]?] | length > 0' <<<"$rules" >/dev/null ||
    refuse "the environment $environment has no required reviewers (Settings, Environments; docs/cicd.md says which plans offer them)"
  case $(jq -r '.deployment_branch_policy | if . == null then "none" elif .protected_branches then "protected" else "named" end' <<<"$rules") in
  none) refuse "every branch may deploy to the environment $environment: restrict it to $branch" ;;
  protected)
    protected=$(ask "branch $branch" "branches/$branch")
    jq -e '.protected' <<<"$protected" >/dev/null ||
      refuse "the environment $environment is for protected branches, and $branch is not protected"
    ;;
  named)
    policies=$(ask "branch policy of $environment" "environments/$environment/deployment-branch-policies?per_page=100")
    jq -e --arg branch "$branch" '[.branch_policies[] | [.type // "branch", .name]] == [["branch", $branch]]' <<<"$policies" >/dev/null ||
      refuse "other branches than $branch may deploy to the environment $environment: $(jq -c '[.branch_policies[].name]' <<<"$policies")"
    ;;
  esac
}

check_run() {
  jq -e --arg commit "$commit" '.head_sha == $commit' <<<"$run" >/dev/null ||
    refuse "this run is of commit $(jq -r .head_sha <<<"$run"), not of $commit"
  jq -e --arg branch "$branch" '.head_branch == $branch and .event != "pull_request"' <<<"$run" >/dev/null ||
    refuse "this run is of $(jq -r '"\(.event) on \(.head_branch)"' <<<"$run"), not of the branch $branch"
  local head
  head=$(ask "branch $branch" "git/ref/heads/$branch")
  head=$(jq -r .object.sha <<<"$head")
  [ "$head" = "$commit" ] || refuse "$branch has moved on to $head since $commit was planned: approve its run instead"
}

# Prints who approved. Where a team may, GitHub alone knows its members, and then nobody may pass by GitHub's own check.
check_approvals() {
  local accepted
  jq -e --arg environment "$environment" 'any(.[]; .state == "approved" and any(.environments[]; .name == $environment))' \
    <<<"$approvals" >/dev/null || refuse "nobody has approved run $GITHUB_RUN_ID for $environment"
  jq -e --arg environment "$environment" 'all(.[]; .state != "rejected" or all(.environments[]; .name != $environment))' \
    <<<"$approvals" >/dev/null || refuse "run $GITHUB_RUN_ID was rejected for $environment: start a new run"
  accepted=$(jq -r --arg environment "$environment" --argjson rules "$rules" --argjson run "$run" '
    ([$rules.protection_rules[] | select(.type == "required_reviewers") | .reviewers[]]) as $reviewers
    | [$reviewers[] | select(.type == "User") | .reviewer.id] as $people
    | (any($reviewers[]; .type == "Team") and $rules.can_admins_bypass == false) as $by_team
    | [.[] | select(.state == "approved" and any(.environments[]; .name == $environment)) | .user
       | select(.id as $id | ($people | any(. == $id)) or $by_team)
       | select(.id != $run.actor.id and .id != $run.triggering_actor.id) | .login] | unique | join(", ")' <<<"$approvals")
  [ -n "$accepted" ] || refuse "run $GITHUB_RUN_ID was approved for $environment only by $(jq -r --arg environment "$environment" \
    '[.[] | select(any(.environments[]; .name == $environment)) | .user.login] | unique | join(", ")' <<<"$approvals"): \
who pushed or started it, or is no reviewer, cannot approve it"
  printf '%s was approved for %s by %s\n' "$commit" "$environment" "$accepted"
}

rules=$(ask "environment $environment" "environments/$environment")
check_rules
run=$(ask "run $GITHUB_RUN_ID" "actions/runs/$GITHUB_RUN_ID")
check_run
approvals=$(ask "approvals of run $GITHUB_RUN_ID" "actions/runs/$GITHUB_RUN_ID/approvals")
check_approvals
