#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One image through a deployed API: a job is made, the image put where it says, the text waited for, the job deleted.
#
#   ci/smoke.sh --endpoint URL [--image FILE] [--sign REGION] [--seconds N]
#
#   --image    default samples/receipt.png
#   --sign     with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: for an API whose authorization is iam
#   --seconds  how long the job may take, default 120
set -euo pipefail
. "$(dirname "$0")/lib.sh"

endpoint='' image=$(dirname "$0")/../samples/receipt.png region='' seconds=120
while [ $# -gt 0 ]; do
  case $1 in
  --help) show_help ;;
  --endpoint) need_value "$@"; endpoint=$2; shift 2 ;;
  --image) need_value "$@"; image=$2; shift 2 ;;
  --sign) need_value "$@"; region=$2; shift 2 ;;
  --seconds) need_value "$@"; seconds=$2; shift 2 ;;
  *) wrong_usage "unexpected argument $1" ;;
  esac
done
[ -n "$endpoint" ] || wrong_usage '--endpoint is missing'
[ -f "$image" ] || die "there is no image $image"
need_tools curl jq

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Keys go to curl through a file: a command's arguments are everybody's to read.
umask 077
printf 'silent\nshow-error\nmax-time = 30\nretry = 3\nretry-all-errors\n' >"$work/curl"
cp "$work/curl" "$work/signed"
if [ -n "$region" ]; then
  : "${AWS_ACCESS_KEY_ID:?--sign needs it}" "${AWS_SECRET_ACCESS_KEY:?--sign needs it}"
  {
    printf 'aws-sigv4 = "aws:amz:%s:execute-api"\nuser = "%s:%s"\n' "$region" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
    [ -z "${AWS_SESSION_TOKEN:-}" ] || printf 'header = "x-amz-security-token: %s"\n' "$AWS_SESSION_TOKEN"
  } >>"$work/signed"
fi

# call METHOD PATH [BODY]: the answer's body; fails with it when the status is not of success.
call() {
  local status
  status=$(curl --config "$work/signed" --request "$1" --output "$work/answer" --write-out '%{http_code}' \
    --header 'content-type: application/json' ${3:+--data-binary "$3"} "$endpoint$2") || die "$endpoint does not answer"
  [[ $status == 2* ]] || die "$1 $2 was answered with $status: $(head -c 500 "$work/answer")"
  cat "$work/answer"
}

job=$(call POST /jobs "$(jq -nc --argjson bytes "$(stat -c %s "$image")" '{content_length: $bytes}')")
id=$(jq -er .job_id <<<"$job")
jq -er '.upload.headers | to_entries[] | "header = \("\(.key): \(.value)" | tojson)"' <<<"$job" >>"$work/curl"
jq -er '"url = \(.upload.url | tojson)"' <<<"$job" >>"$work/curl"
status=$(curl --config "$work/curl" --upload-file "$image" --output "$work/answer" --write-out '%{http_code}') || die 'the upload failed'
[[ $status == 2* ]] || die "the upload was answered with $status: $(head -c 500 "$work/answer")"

end=$((SECONDS + seconds)) state=''
while [ $SECONDS -lt $end ]; do
  job=$(call GET "/jobs/$id")
  state=$(jq -r .status <<<"$job")
  case $state in succeeded | failed | expired) break ;; esac
  sleep 1
done
[ "$state" = succeeded ] || die "the job $id is $state after $SECONDS s: $(jq -c '.error // {}' <<<"$job")"
[ "$(jq -r '.result.words // 0' <<<"$job")" -gt 0 ] || die "the job $id has found no words"
call DELETE "/jobs/$id" >/dev/null
say "smoke test: $(jq -r '.result.words' <<<"$job") words in $(basename "$image")"
