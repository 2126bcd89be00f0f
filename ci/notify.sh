#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tells the topic's subscribers that something went wrong. Failed builds do that themselves (infra/bootstrap/notifications.tf); this is
# for what fails around them.
#
#   ci/notify.sh --topic ARN --subject TEXT [--message TEXT]    without --message it is read from the standard input
set -euo pipefail
. "$(dirname "$0")/lib.sh"

topic='' subject='' message=''
while [ $# -gt 0 ]; do
  case $1 in
  --help) show_help ;;
  --topic) need_value "$@"; topic=$2; shift 2 ;;
  --subject) need_value "$@"; subject=$2; shift 2 ;;
  --message) need_value "$@"; message=$2; shift 2 ;;
  *) wrong_usage "unexpected argument $1" ;;
  esac
done
[[ -n $topic && -n $subject ]] || wrong_usage '--topic and --subject are needed'
need_tools aws
[ -n "$message" ] || message=$(head -c 200000)
# SNS takes subjects of at most 100 printable ASCII characters.
subject=$(printf %s "$subject" | LC_ALL=C tr -cd '[:print:]' | cut -c 1-100)
aws_ sns publish --topic-arn "$topic" --subject "$subject" --message "${message:-$subject}" >/dev/null
say "told $topic: $subject"
