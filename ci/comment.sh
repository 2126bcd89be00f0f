#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes stdin as a comment of a pull request, or over the comment that an earlier run wrote. The first line of stdin, hidden by
# being an HTML comment, tells which comment is meant.
#
#   ci/comment.sh --number N < TEXT
#
# Needs GITHUB_TOKEN (pull-requests: write), GITHUB_REPOSITORY.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/github.sh"

[ "${1:-}" != --help ] || show_help
[[ $# -eq 2 && $1 == --number && $2 =~ ^[0-9]+$ ]] || wrong_usage '--number and nothing else is needed'
number=$2
github_needs GITHUB_REPOSITORY GITHUB_TOKEN

text=$(cat)
marker=${text%%$'\n'*}
[[ $marker =~ ^'<!-- '[^\>]+' -->'$ ]] || wrong_usage 'the first line of the text is no <!-- marker -->'
body=$(jq -n --arg body "$text" '{$body}')

# Only the workflows' own comments: anybody can write the marker, and could so choose which comment is written over.
comments=$(github_all "issues/$number/comments") || die "the comments of $number cannot be read"
mine=$(jq -r --arg marker "$marker" --arg bot "$GITHUB_BOT" \
  'map(select(.user.login == $bot and (.body | split("\n")[0] | rtrimstr("\r")) == $marker)) | first | .id // empty' <<<"$comments")
if [ -n "$mine" ]; then
  github PATCH "issues/comments/$mine" "$body"
else
  github POST "issues/$number/comments" "$body"
fi | jq -r .html_url
