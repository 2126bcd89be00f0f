#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keeps one issue a marker: opened once, reopened and rewritten whenever there is something to say again, closed when there is not.
#
#   ci/issue.sh open --marker M --title T < TEXT
#   ci/issue.sh close --marker M
#
# Needs GITHUB_TOKEN (issues: write), GITHUB_REPOSITORY; GITHUB_RUN_ID, where set, is linked.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/github.sh"

action=${1:-} marker='' title=''
[ "$action" != --help ] || show_help
[[ $action == open || $action == close ]] || wrong_usage 'open or close is needed'
shift
while [ $# -gt 0 ]; do
  case $1 in
  --marker) need_value "$@"; marker=$2; shift 2 ;;
  --title) need_value "$@"; title=$2; shift 2 ;;
  *) wrong_usage "unexpected argument $1" ;;
  esac
done
[[ $marker =~ ^[a-z0-9:._-]+$ ]] || wrong_usage '--marker needs lower-case letters, digits, colons, dots, hyphens'
[[ $action == close || -n $title ]] || wrong_usage 'open needs --title'
github_needs GITHUB_REPOSITORY GITHUB_TOKEN
hidden="<!-- $marker -->"

# The newest of the workflows' own issues that bear the marker, as {number, state}; nothing if there is none.
find_issue() {
  local issues
  issues=$(github_all 'issues?state=all&creator=github-actions%5Bbot%5D') || die 'the issues cannot be read'
  jq -c --arg hidden "$hidden" --arg bot "$GITHUB_BOT" 'map(select(.pull_request == null and .user.login == $bot
    and ((.body // "") | startswith($hidden)))) | max_by(.number) | {number, state} | select(.number)' <<<"$issues"
}

add_comment() { # NUMBER TEXT
  github POST "issues/$1/comments" "$(jq -n --arg body "$2" '{$body}')" >/dev/null
}

run="[this run](${GITHUB_SERVER_URL:-https://github.com}/$GITHUB_REPOSITORY/actions/runs/${GITHUB_RUN_ID:-})"

open_issue() {
  local issue body
  body=$(jq -n --arg title "$title" --arg body "$hidden"$'\n'"$(cat)" '{$title, $body, state: "open"}')
  issue=$(find_issue)
  if [ -z "$issue" ]; then
    github POST issues "$(jq 'del(.state)' <<<"$body")" | jq -r .html_url
    return
  fi
  github PATCH "issues/$(jq .number <<<"$issue")" "$body" | jq -r .html_url
  [ "$(jq -r .state <<<"$issue")" = open ] || add_comment "$(jq .number <<<"$issue")" "It is back: $run."
}

close_issue() {
  local issue number
  issue=$(find_issue)
  [ "$(jq -r .state <<<"$issue")" = open ] || return 0
  number=$(jq .number <<<"$issue")
  add_comment "$number" "Nothing is left of it: $run."
  github PATCH "issues/$number" '{"state": "closed", "state_reason": "completed"}' | jq -r .html_url
}

"${action}_issue"
