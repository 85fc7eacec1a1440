"""Lists the applications of an Auth0 tenant through the Management API, one "name<TAB>client_id" line each."""

import os
import sys

import requests

domain = os.environ["AUTH0_DOMAIN"]


def answer_of(response):
    if not response.ok:
        sys.exit(f"{response.request.method} {response.url}: {response.status_code} {response.text}")
    return response.json()


try:
    token = answer_of(
        requests.post(
            f"https://{domain}/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": os.environ["AUTH0_CLIENT_ID"],
                "client_secret": os.environ["AUTH0_CLIENT_SECRET"],
                "audience": os.environ.get("AUTH0_AUDIENCE", f"https://{domain}/api/v2/"),
            },
            timeout=10,
        )
    )
    applications = answer_of(
        requests.get(
            f"https://{domain}/api/v2/clients",
            headers={"Authorization": f"Bearer {token['access_token']}"},
            timeout=10,
        )
    )
except requests.RequestException as error:
    sys.exit(f"no answer from {domain}: {error}")

for application in applications:
    print(application["name"], application["client_id"], sep="\t")
