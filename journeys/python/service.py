"""A guest's whole way against `vestibule serve`, by HTTP over TLS, with the mails an SMTP server took.

Usage: service.py MAILFILE, with BASE_URL, TENANT, CLIENT_ID, CLIENT_SECRET and CA_FILE in the environment.
Prints what must not stand in any log as `secret: …` lines, and `Accepted` last.
"""

import json
import os
import re
import ssl
import sys
import time
from html import unescape
from urllib.parse import urljoin

import httpx

BASE = os.environ["BASE_URL"]
ADDRESS = "kim@fabrikam.example"
TARGET = "https://portal.example.com/welcome"
context = ssl.create_default_context(cafile=os.environ["CA_FILE"])


def mail(wanted):
    """The first mail that `wanted` finds something in."""
    for _ in range(500):
        with open(sys.argv[1], encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    message = json.loads(line)
                    found = wanted.search(message["text"])
                    if message["to"] == [ADDRESS] and found:
                        assert message["tls"], "the mail came in clear"
                        return found.group(0)
        time.sleep(0.02)
    sys.exit(f"no mail with {wanted.pattern}")


def form(page, word):
    """The form that holds `word`: its address and its hidden fields."""
    for found in re.finditer(r"<form\b([^>]*)>(.*?)</form>", page.text, re.S):
        if word.lower() in found.group(2).lower():
            action = re.search(r'action="([^"]*)"', found.group(1)).group(1)
            hidden = {}
            for tag in re.findall(r"<input\b[^>]*>", found.group(2)):
                name = re.search(r'name="([^"]*)"', tag)
                value = re.search(r'value="([^"]*)"', tag)
                if 'type="hidden"' in tag and name:
                    hidden[name.group(1)] = unescape(value.group(1)) if value else ""
            return urljoin(str(page.url), unescape(action)), hidden
    sys.exit(f"no form holds {word}:\n{page.text}")


def sign_in(api):
    answer = api.post(
        f"{BASE}/{os.environ['TENANT']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "scope": "https://graph.microsoft.com/.default",
        },
    )
    token = answer.json()["access_token"]
    print("secret:", token)
    return {"Authorization": f"Bearer {token}"}


def redeem(link):
    """What a browser does, step by step."""
    with httpx.Client(verify=context, follow_redirects=True) as browser:
        page = browser.get(link)
        assert page.status_code == 200 and "ticket" not in str(page.url), page
        address, fields = form(page, "code")
        page = browser.post(address, data=fields)
        assert page.status_code == 200, page
        # Alone on its line: ids in links hold digits too.
        digits = re.compile(r"(?m)^\s*\d{4} ?\d{4}\s*$")
        code = mail(digits)
        print("secret:", re.sub(r"\D", "", code))
        address, fields = form(page, "one-time-code")
        field = re.search(r'<input\b[^>]*autocomplete="one-time-code"[^>]*>', page.text).group(0)
        fields[re.search(r'name="([^"]*)"', field).group(1)] = code
        page = browser.post(address, data=fields)
        assert page.url.path == "/redeem/consent", page.url
        address, fields = form(page, ">Accept")
        accepted = browser.post(address, data=fields, follow_redirects=False)
        assert accepted.status_code == 303 and accepted.headers["location"] == TARGET, accepted.headers
        for cookie in browser.cookies.jar:
            assert cookie.name.startswith("__Host-") and cookie.secure, cookie
            print("secret:", cookie.value)


def main():
    with httpx.Client(verify=context) as api:
        token = sign_in(api)
        made = api.post(
            f"{BASE}/v1.0/invitations",
            headers=token,
            json={
                "invitedUserEmailAddress": ADDRESS,
                "inviteRedirectUrl": TARGET,
                "sendInvitationMessage": True,
            },
        )
        assert made.status_code == 201, made.text
        link = made.json()["inviteRedeemUrl"]
        assert link.startswith(BASE + "/redeem/?"), link
        print("secret:", re.search(r"ticket=([^&]*)", link).group(1))
        assert mail(re.compile(r"https://\S+/redeem/\?\S+")) == link
        redeem(link)
        guest = api.get(
            f"{BASE}/v1.0/users/{made.json()['invitedUser']['id']}?$select=externalUserState", headers=token
        ).json()
        status = api.get(f"{BASE}/v1.0/invitations/{made.json()['id']}", headers=token).json()
        assert status["status"] == "Completed" and status["inviteRedeemUrl"] is None, status
        print(guest["externalUserState"])


main()
