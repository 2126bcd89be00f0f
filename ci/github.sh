# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced after lib.sh by the scripts that ask GitHub: its REST API through curl, with the variables that every workflow step has. The token goes
# to curl by a file descriptor, so that no list of processes shows it.

: "${GITHUB_API_URL:=https://api.github.com}"
# shellcheck disable=SC2034 # used by those who source this
readonly GITHUB_BOT='github-actions[bot]' # whose comments and issues are the workflows' own

github_needs() { # NAME…
  local name
  for name in "$@"; do
    [ -n "${!name:-}" ] || wrong_usage "$name is not set"
  done
}

# github METHOD PATH [BODY]: the answer's JSON on stdout. PATH begins with the resource below the repository.
# 4 when there is no such thing (404), 1 for every other answer that is not a success. A request that may be repeated is.
github() {
  local method=$1 path=$2 answer status repeat=()
  [ "$method" != GET ] || repeat=(--retry 2)
  answer=$(curl --silent --show-error --max-time 60 "${repeat[@]}" --request "$method" --write-out '\n%{http_code}' \
    --header @<(printf 'Authorization: Bearer %s\n' "$GITHUB_TOKEN") --header 'Accept: application/vnd.github+json' \
    --header 'X-GitHub-Api-Version: 2022-11-28' ${3+--data-binary "$3"} "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/$path") || return 1
  status=${answer##*$'\n'}
  answer=${answer%$'\n'*}
  case $status in
  2??) printf '%s\n' "$answer" ;;
  404) return 4 ;;
  *)
    printf '%s %s: GitHub answered %s: %s\n' "$method" "$path" "$status" "$(jq -r '.message? // .' <<<"$answer" 2>/dev/null)" >&2
    return 1
    ;;
  esac
}

# github_all PATH: every page of a list, as one array.
github_all() {
  local path=$1 page=1 part all='[]' mark='?'
  [[ $path != *\?* ]] || mark='&'
  while :; do
    part=$(github GET "$path${mark}per_page=100&page=$page") || return
    all=$(jq -c --slurpfile part /dev/fd/3 '. + $part[0]' <<<"$all" 3<<<"$part")
    [ "$(jq length <<<"$part")" -eq 100 ] || break
    page=$((page + 1))
  done
  printf '%s\n' "$all"
}
