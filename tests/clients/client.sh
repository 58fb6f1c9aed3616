#!/bin/sh
# One request by curl. usage: client.sh METHOD URL BODY SECONDS [FIRST]
# Prints a line of JSON: what came of it. With FIRST, that is fetched before, over the same connection.
method=$1 url=$2 body=$3 seconds=$4 first=$5
text=$(mktemp) && trap 'rm -f "$text"' EXIT
token='Authorization: Zoho-oauthtoken 1000.crmock.admin'

quoted() { printf '"%s"' "$(sed 's/[\\"]/\\&/g' | tr '\n' ' ')"; }

told=$(curl ${first:+-s -o /dev/null -H "$token" "$first" --next} -s -o "$text" -w '%{exitcode} %{http_code} %{errormsg}' \
    --max-time "$seconds" -X "$method" ${body:+--data-raw "$body"} -H "$token" "$url")
code=${told%% *} told=${told#* }
if [ "$code" = 0 ]; then
    printf '{"outcome": "answer", "status": %d, "body": %s, "error": null}\n' "${told%% *}" "$(quoted <"$text")"
else
    printf '{"outcome": "error", "status": null, "body": %s, "error": {"name": "%s", "message": %s}}\n' "$(quoted <"$text")" "$code" \
        "$(printf %s "${told#* }" | quoted)"
fi
