#!/bin/sh
# Lists the applications of an Auth0 tenant through the Management API, one "name<TAB>client_id" line each. Needs curl and jq.
set -eu
: "${AUTH0_DOMAIN:?is not set}" "${AUTH0_CLIENT_ID:?is not set}" "${AUTH0_CLIENT_SECRET:?is not set}"
audience=${AUTH0_AUDIENCE:-https://$AUTH0_DOMAIN/api/v2/}

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

# Secret and token go through standard input: every user of the machine can read a program's arguments.
answer=$(printf %s "$AUTH0_CLIENT_SECRET" |
  curl --silent --show-error --fail-with-body --max-time 10 "https://$AUTH0_DOMAIN/oauth/token" \
    --data grant_type=client_credentials \
    --data-urlencode "client_id=$AUTH0_CLIENT_ID" \
    --data-urlencode client_secret@- \
    --data-urlencode "audience=$audience") || fail "$answer"
token=$(printf %s "$answer" | jq --raw-output .access_token) || fail "https://$AUTH0_DOMAIN/oauth/token: no JSON"

applications=$(printf 'Authorization: Bearer %s' "$token" |
  curl --silent --show-error --fail-with-body --max-time 10 --header @- "https://$AUTH0_DOMAIN/api/v2/clients") || fail "$applications"
printf %s "$applications" | jq --raw-output '.[] | [.name, .client_id] | @tsv'
