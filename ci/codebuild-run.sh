#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Starts one build, follows its log on stdout, and ends as it ended. INT and TERM stop the build first.
#
#   ci/codebuild-run.sh --project NAME [--source-version V] [--token T] [--var NAME=VALUE]… [--out FILE]
#   ci/codebuild-run.sh --stop FILE      stops the build that FILE, an --out, tells of; good when it has ended or never began
#
#   --source-version  the source object's version; nothing else of the project can be replaced
#   --token           idempotency: within five minutes the same token starts no second build; default a random one
#   --out             {id, project, status, log_group, log_stream, exported: {NAME: VALUE}, failures: [{phase, status, code, message}]},
#                     written when the build has begun and again when it has ended
#
# Exit: 0 it succeeded, 1 it failed, 3 it refused (its command ended with 3), 4 somebody stopped it, 5 it took too long,
#       6 AWS did not answer or refused the start, 130 and 143 after INT and TERM.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

project='' version='' token='' out='' stop='' variables='[]'
while [ $# -gt 0 ]; do
  case $1 in
  --help) show_help ;;
  --project) need_value "$@"; project=$2; shift 2 ;;
  --source-version) need_value "$@"; version=$2; shift 2 ;;
  --token) need_value "$@"; token=$2; shift 2 ;;
  --var)
    need_value "$@"
    [[ $2 == ?*=* ]] || wrong_usage '--var takes NAME=VALUE'
    variables=$(jq -c --arg name "${2%%=*}" --arg value "${2#*=}" '. + [{$name, $value, type: "PLAINTEXT"}]' <<<"$variables")
    shift 2
    ;;
  --out) need_value "$@"; out=$2; shift 2 ;;
  --stop) need_value "$@"; stop=$2; shift 2 ;;
  *) wrong_usage "unexpected argument $1" ;;
  esac
done
need_tools aws jq

LONG_PAGE=500
id='' build='{}' token_after='' following=true wait=0 events=0

# The signal of a terminal reaches this script's children too: calls that must not be lost run without it.
unharmed() { (trap '' INT TERM; "$@"); }

stop_build() { unharmed aws_ codebuild stop-build --id "$1" >/dev/null; }

if [ -n "$stop" ]; then
  [ -s "$stop" ] || exit 0
  id=$(jq -er .id "$stop") || die "$stop tells of no build"
  stop_build "$id" || exit 6
  say "stopped $id"
  exit 0
fi
[ -n "$project" ] || wrong_usage '--project is missing'
[ -n "$token" ] || token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

write_out() {
  [ -n "$out" ] || return 0
  jq '{id, project: .projectName, status: .buildStatus, log_group: .logs.groupName, log_stream: .logs.streamName,
       exported: ([.exportedEnvironmentVariables[]? | {key: .name, value: .value}] | from_entries),
       failures: [.phases[]? | select(.phaseStatus != null and .phaseStatus != "SUCCEEDED") | . as $phase | (.contexts // [{}])[] |
         {phase: $phase.phaseType, status: $phase.phaseStatus, code: (.statusCode // ""), message: (.message // "")}]}' \
    <<<"$build" >"$out"
}

interrupted() {
  trap '' INT TERM
  say "interrupted: stopping $id"
  if [ -n "$id" ]; then
    stop_build "$id" || say "could not stop $id: stop it by hand"
    for _ in 1 2 3 4 5; do
      refresh && is_complete && break
      sleep 1
    done
    write_out
  fi
  exit "$1"
}

refresh() {
  local answer
  answer=$(unharmed aws_ codebuild batch-get-builds --ids "$id") || return 1
  build=$(jq -ec '.builds[0]' <<<"$answer")
}

is_complete() { [ "$(jq -r .buildComplete <<<"$build")" = true ]; }

# Prints what is new, and counts it in `events`; true when there was something. A log that has not begun is no failure.
follow() {
  events=0
  local group stream page next
  group=$(jq -r '.logs.groupName // ""' <<<"$build") stream=$(jq -r '.logs.streamName // ""' <<<"$build")
  [ -n "$group" ] && [ -n "$stream" ] || return 1
  page=$(aws_ logs get-log-events --log-group-name "$group" --log-stream-name "$stream" --start-from-head \
    ${token_after:+--next-token "$token_after"} 2>/dev/null) || return 1
  jq -r '.events[].message | rtrimstr("\n")' <<<"$page"
  next=$(jq -r '.nextForwardToken // ""' <<<"$page")
  [ "$next" != "$token_after" ] || return 1
  token_after=$next
  events=$(jq '.events | length' <<<"$page")
  [ "$events" -gt 0 ]
}

arguments=(--project-name "$project" --idempotency-token "$token")
[ -z "$version" ] || arguments+=(--source-version "$version")
[ "$variables" = '[]' ] || arguments+=(--environment-variables-override "$variables")
signal=''
trap 'signal=130' INT
trap 'signal=143' TERM
build=$(unharmed aws_ codebuild start-build "${arguments[@]}" | jq -ec .build) || exit 6
id=$(jq -er .id <<<"$build")
write_out
say "started $id"
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
[ -z "$signal" ] || interrupted "$signal"

# Waits grow while nothing happens, up to eight seconds; on one machine nobody else waits for the server, and one is enough.
failures=0 longest=${AWS_ENDPOINT_URL:+1}
while $following; do
  if refresh; then
    failures=0
  else
    failures=$((failures + 1))
    [ $failures -lt 10 ] || { say "AWS does not answer; the build $id may still run"; exit 6; }
  fi
  is_complete && following=false
  if follow; then
    wait=0
    # A long page is followed by the next at once, a short one is likely to be the last for now.
    while [ "$events" -ge "$LONG_PAGE" ] && follow; do :; done
  fi
  $following || break
  [ "$wait" -ge "${longest:-8}" ] || wait=$((wait + 1))
  sleep "$wait" &
  wait $! || true
done

# The log's last lines may come after the build's end.
for _ in $(seq "${longest:-5}"); do
  sleep 1
  while follow; do :; done
done
write_out
status=$(jq -r .buildStatus <<<"$build")
say "$id: $status"
jq -r '.phases[]? | select(.phaseStatus != null and .phaseStatus != "SUCCEEDED") | "\(.phaseType) \(.phaseStatus): \([.contexts[]?.message] | join("; "))"' \
  <<<"$build" >&2
case $status in
SUCCEEDED) exit 0 ;;
STOPPED) exit 4 ;;
TIMED_OUT) exit 5 ;;
esac
jq -e 'any(.phases[]?.contexts[]?.message // ""; endswith("exit status 3"))' <<<"$build" >/dev/null && exit 3
exit 1
