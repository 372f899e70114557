#!/usr/bin/env python3
"""Makes a small folder of an instance with a given binary: two tenants with something of every kind in them.

    make_folder.py BINARY DIR [COMMIT]

BINARY is a `vestibule` of any version from 6cf734f on, and DIR must not exist. Only the binary writes into the
database, through its API, its pages and its command line, with two exceptions, made while it is stopped: the second
tenant (no command makes one) and the age of the expired invitation (thirty days would have to pass).

DIR then holds the database, the master key, and `expected.json`: what the API answered before the last stop, with
ETags, delta tokens, page tokens and credentials. Files that the next start makes anew (certificates, `dev.env`) are
taken out, since they hold the date and this machine's paths.
"""

import http.client
import http.cookiejar
import json
import os
import re
import sqlite3
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib

DAY = 86_400_000_000
SECOND_TENANT = uuid.UUID("0f0b0c4e-3d52-4f0e-9a6f-2d3f4f4f5a01")
REDIRECT = "https://projects.contoso.com/welcome"
SELECTED = "otherMails,proxyAddresses,identities,externalUserState,accountEnabled,userType,companyName,employeeId,city"
GRAPH = "https://graph.microsoft.com/v1.0/directoryObjects/"


def fail(words):
    raise SystemExit(words)


def picture(color):
    """A PNG of 8 × 8 pixels."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + bytes(color) * 8) * 8
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Server:
    """A running `dev`, ended at the end of the block."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.env = binary, folder, {}

    def __enter__(self):
        ready = os.path.join(self.folder, "dev.env")
        if os.path.exists(ready):
            os.remove(ready)
        self.process = subprocess.Popen(
            [self.binary, "dev", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--dir", self.folder],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while "DOMAIN" not in self.env:
            if self.process.poll() is not None or time.monotonic() > until:
                fail("the server did not start")
            time.sleep(0.05)
            if os.path.exists(ready):
                with open(ready, encoding="utf-8") as file:
                    for line in file:
                        name, _, value = line.strip().removeprefix("export ").partition("=")
                        self.env[name] = value.strip("'\"")
        self.base = self.env["HTTP_URL"]
        for _ in range(200):
            try:
                if self.send("GET", "/readyz")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        code = self.process.wait(60)
        if code != 0:
            fail(f"the server did not end well: {code}")

    def cli(self, *line):
        return subprocess.run([self.binary, *line, "--dir", self.folder], check=True, capture_output=True, text=True).stdout

    def send(self, method, path, body=None, token=None, headers=(), opener=None):
        url = path if path.startswith("http") else self.base + path
        request = urllib.request.Request(url, data=body, method=method, headers=dict(headers))
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            answer = (opener or urllib.request.build_opener()).open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read(), answer.geturl()

    def knows(self, *command):
        """Whether the binary has a command: builds of 6cf734f have fewer."""
        return subprocess.run([self.binary, *command, "--help"], capture_output=True).returncode == 0

    def mails(self, address):
        _, _, body, _ = self.send("GET", "/outbox/messages?to=" + urllib.parse.quote(address))
        return json.loads(body)["value"]


class App:
    """An app of a tenant at the API."""

    def __init__(self, server, tenant, client_id, secret):
        self.server, self.tenant, self.client_id, self.secret = server, tenant, client_id, secret
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret,
            "scope": "https://graph.microsoft.com/.default"}).encode()
        status, _, body, _ = server.send("POST", f"/{tenant}/oauth2/v2.0/token", form)
        if status != 200:
            fail(body.decode())
        self.token = json.loads(body)["access_token"]

    def ask(self, method, path, body=None, want=None, kind="application/json", headers=()):
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        headers = dict(headers) | ({"Content-Type": kind} if data is not None else {})
        status, found, answer, _ = self.server.send(method, path, data, self.token, headers)
        if want is not None and status != want:
            fail(f"{method} {path}: {status} {answer.decode()}")
        return (json.loads(answer) if answer[:1] == b"{" else answer), found

    def user(self, name, domain, **more):
        local = name.lower().replace(" ", ".")
        body = {"accountEnabled": True, "displayName": name, "mailNickname": local,
                "userPrincipalName": f"{local}@{domain}", "mail": f"{local}@{domain}",
                "givenName": name.split()[0], "surname": name.split()[-1],
                "passwordProfile": {"password": "Correct-Horse-42"}} | more
        return self.ask("POST", "/v1.0/users", body, 201)[0]["id"]

    def invite(self, address, send=True, **more):
        body = {"invitedUserEmailAddress": address, "inviteRedirectUrl": REDIRECT, "sendInvitationMessage": send} | more
        return self.ask("POST", "/v1.0/invitations", body, 201)[0]

    def link(self, user, kind, target):
        method, path = ("PUT", "manager/$ref") if kind == "manager" else ("POST", f"{kind}/$ref")
        self.ask(method, f"/v1.0/users/{user}/{path}", {"@odata.id": GRAPH + target}, 204)


class Guest:
    """A guest with a browser."""

    def __init__(self, server, address, link):
        self.server, self.address = server, address
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), StayingHere())
        self.page = self.go("GET", link)

    def go(self, method, path, form=None):
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        status, _, page, self.at = self.server.send(method, path, body, opener=self.opener)
        if status not in (200, 303):
            fail(f"{path}: {status} {page.decode()[:600]}")
        return page.decode()

    def press(self, action, **fields):
        for form in re.findall(r"<form.*?</form>", self.page, re.S):
            target = re.search(r'action="([^"]+)"', form).group(1).replace("&amp;", "&")
            if target.split("?")[0] == action:
                csrf = re.search(r'name="csrf" value="([^"]*)"', form).group(1)
                self.page = self.go("POST", target, {"csrf": csrf, **fields})
                return
        fail(f"no form leads to {action}: {self.page}")

    def prove(self):
        before = {mail["id"] for mail in self.server.mails(self.address)}
        self.press("/redeem/code")
        for _ in range(200):
            for mail in self.server.mails(self.address):
                if mail["id"] not in before and mail.get("passcode"):
                    self.press("/redeem/verify", code=mail["passcode"])
                    return self
            time.sleep(0.05)
        fail("no code arrived")

    def never(self):
        self.page = self.go("GET", re.search(r'href="(/redeem/never[^"]*)"', self.page).group(1).replace("&amp;", "&"))
        self.press("/redeem/never")


class StayingHere(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the server only."""

    def redirect_request(self, request, file, code, message, headers, url):
        if url.startswith(REDIRECT.rsplit("/", 1)[0]):
            return None
        return super().redirect_request(request, file, code, message, headers, url)


def fill(server, app, domain, name):
    """Something of every kind in one tenant; answers the ids worth knowing."""
    ids = {}
    boss = app.user("Adele Vance", domain, department="Sales", jobTitle="Head of Sales", city="Köln",
                    businessPhones=["+49 221 1"], otherMails=[f"adele@{name}-mail.example"])
    member = app.user("Alex Wilber", domain, department="Marketing", usageLocation="DE", preferredLanguage="de-DE")
    worker = app.user("İbrahim Öz", domain, userPrincipalName=f"ibrahim@{domain}", mailNickname="ibrahim",
                      mail=f"ibrahim@{domain}", employeeId="E-17", companyName="Straße & Söhne")
    off = app.user("Megan Bowen", domain, accountEnabled=False)
    local = app.ask("POST", "/v1.0/users", {
        "displayName": "Lee Local", "identities": [
            {"signInType": "emailAddress", "issuer": server.initial[name], "issuerAssignedId": f"lee@{name}-mail.example"}],
        "passwordProfile": {"password": "password-value", "forceChangePasswordNextSignIn": False},
        "passwordPolicies": "DisablePasswordExpiration"}, 201)[0]["id"]
    app.link(member, "manager", boss)
    app.link(worker, "manager", boss)
    app.link(member, "sponsors", boss)
    app.link(member, "sponsors", worker)
    for who, color in ((boss, (200, 30, 30)), (member, (30, 30, 200))):
        app.ask("PUT", f"/v1.0/users/{who}/photo/$value", picture(color), None, "image/png")
    ids |= {"boss": boss, "member": member, "worker": worker, "off": off, "local": local}

    def guest(key, **more):
        made = app.invite(f"{key}@{name}-guests.example", invitedUserDisplayName=f"Guest {key}", **more)
        ids[key] = made["invitedUser"]["id"]
        ids["link-" + key] = relative(made["inviteRedeemUrl"])
        return made, Guest(server, f"{key}@{name}-guests.example", made["inviteRedeemUrl"])

    made, visitor = guest("accepted", invitedUserMessageInfo={"customizedMessageBody": "Welcome."})
    visitor.prove().press("/redeem/accept")
    app.link(made["invitedUser"]["id"], "sponsors", boss)
    made, visitor = guest("twice")
    visitor.prove().press("/redeem/accept")
    app.invite(f"twice@{name}-guests.example")
    guest("reinvited")
    app.invite(f"reinvited@{name}-guests.example")
    guest("declined")[1].prove().press("/redeem/decline")
    guest("blocked")[1].prove().never()
    guest("waiting")
    guest("expired")
    made = guest("withdrawn")[0]
    app.ask("DELETE", f"/v1.0/users/{made['invitedUser']['id']}", None, 204)
    app.invite(f"quiet@{name}-guests.example", send=False)
    made, visitor = guest("renamed")
    visitor.prove().press("/redeem/accept")
    app.ask("PATCH", f"/v1.0/users/{made['invitedUser']['id']}", {"otherMails": [f"renamed-too@{name}-guests.example"]}, 204)

    app.ask("POST", "/v1.0/users/$ref", {"displayName": "Referred", "mail": f"referred@{name}-guests.example"}, 204)
    for key in ("asked", "approved", "refused"):
        body = {"@odata.type": "#Microsoft.DirectoryServices.user", "displayName": f"Pending {key}", "mail": f"{key}@{name}-pending.example",
                "otherMails": [f"{key}-other@{name}-pending.example"]}
        app.ask("POST", "/v1.0/users/$ref", body)
    waiting = app.ask("GET", "/v1.0/pendingMembers", None, 200)[0]["value"]
    by_name = {one.get("displayName"): one["id"] for one in waiting}
    ids |= {name.lower().replace(" ", "-"): key for name, key in by_name.items()}
    app.ask("POST", f"/v1.0/pendingMembers/{by_name['Pending approved']}/approve", {})
    app.ask("POST", f"/v1.0/pendingMembers/{by_name['Pending refused']}/decline", {})

    return ids


def fill_version_2(server, app, tenant, name, ids):
    """What came with version 2 of the schema: addresses that were proven, resent and revoked links, converted guests,
    secrets and keys that were changed."""
    def invited(key, **more):
        made = app.invite(f"{key}@{name}-guests.example", invitedUserDisplayName=f"Guest {key}", **more)
        ids[key] = made["invitedUser"]["id"]
        return made, Guest(server, f"{key}@{name}-guests.example", made["inviteRedeemUrl"])

    # Accepted at two addresses: the identity is the first, the newest acceptance at the second.
    made, visitor = invited("moved")
    visitor.prove().press("/redeem/accept")
    app.ask("PATCH", f"/v1.0/users/{ids['moved']}", {"otherMails": [f"moved-on@{name}-guests.example"]}, 204)
    again = app.invite(f"moved-on@{name}-guests.example", invitedUser={"id": ids["moved"]})
    Guest(server, f"moved-on@{name}-guests.example", again["inviteRedeemUrl"]).prove().press("/redeem/accept")
    made, _ = invited("revoked")
    app.ask("DELETE", f"/v1.0/invitations/{made['id']}", None, 204)
    del ids["revoked"]
    made, _ = invited("resent")
    app.ask("POST", f"/v1.0/invitations/{made['id']}/resend", {})
    made, visitor = invited("converted")
    visitor.prove().press("/redeem/accept")
    app.ask("POST", f"/beta/users/{ids['converted']}/convertExternalToInternalMemberUser", {
        "userPrincipalName": f"converted@{name}.com", "passwordProfile": {"password": "Correct-Horse-42"}}, 200)
    sponsored = app.invite(f"sponsored@{name}-guests.example",
                           **{"invitedUserSponsors@odata.bind": [GRAPH + ids["boss"], GRAPH + ids["worker"]]})
    ids["sponsored"] = sponsored["invitedUser"]["id"]
    made = json.loads(server.cli("app", "add", "--tenant", tenant, "--name", "Rotated", "--json", "--permission", "User.Read.All"))
    server.cli("app", "rotate-secret", made["clientId"], "--tenant", tenant)
    made = json.loads(server.cli("app", "add", "--tenant", tenant, "--name", "Disabled", "--json", "--permission", "User.Read.All"))
    server.cli("app", "disable", made["clientId"], "--tenant", tenant)


def fill_version_5(app, ids):
    """What came with version 5: directory extensions, one of them deleted while a user has a value of it, and open extensions."""
    of, _ = app.ask("GET", f"/v1.0/applications(appId='{app.client_id}')", None, 200)
    path = f"/v1.0/applications/{of['id']}/extensionProperties"
    names = {}
    for name, kind, many in (("badge", "String", False), ("grades", "Integer", True), ("former", "String", False)):
        made, _ = app.ask("POST", path, {"name": name, "dataType": kind, "targetObjects": ["User"], "isMultiValued": many}, 201)
        names[name] = made["name"]
    app.ask("PATCH", f"/v1.0/users/{ids['member']}", {names["badge"]: "A-1 ß", names["grades"]: [3, 1, 2], names["former"]: "kept"}, 204)
    app.ask("PATCH", f"/v1.0/users/{ids['accepted']}", {names["badge"]: "A-2", names["former"]: "kept too"}, 204)
    app.ask("DELETE", f"{path}/{made['id']}", None, 204)
    for key, name, value in (("member", "com.contoso.roaming", {"theme": "dark", "sizes": [1.50, 2e3], "inner": {"a": None}}),
                             ("member", "com.contoso.other", {"n": 12345678901234567890}), ("accepted", "com.contoso.roaming", {"theme": "light"})):
        app.ask("POST", f"/v1.0/users/{ids[key]}/extensions", {"extensionName": name} | value, 201)
    return {"application": of["id"], "names": names}


def known_of_version_5(app, ids, own):
    """What the API answers of custom data."""
    names = own["names"]
    selected = f"{names['badge']},{names['grades']}"
    of = {ids[key]: key for key in ("member", "accepted")}
    return own | {
        "values": {user: plain(app.ask("GET", f"/v1.0/users/{user}?$select={selected}", None, 200)[0]) for user in of},
        "badge": [one["id"] for one in walk(app, "/v1.0/users?$filter=" + urllib.parse.quote(f"startswith({names['badge']},'A-1')"))],
        "extensions": {user: walk(app, f"/v1.0/users/{user}/extensions") for user in of},
        "etags": {user: app.ask("GET", f"/v1.0/users/{user}/extensions/com.contoso.roaming", None, 200)[1]["ETag"] for user in of},
    }


def delta(app, query, of="users"):
    """The last delta link of a walk."""
    path = f"/v1.0/{of}/delta" + query
    while True:
        page = app.ask("GET", path, None, 200)[0]
        if "@odata.deltaLink" in page:
            return relative(page["@odata.deltaLink"])
        path = relative(page["@odata.nextLink"])


def relative(link):
    parts = urllib.parse.urlsplit(link)
    return parts.path + "?" + parts.query


def after_tokens(app, ids, domain):
    """Changes that the delta links of before tell of; answers what they are to name."""
    app.ask("PATCH", f"/v1.0/users/{ids['worker']}", {"jobTitle": "Engineer"}, 204)
    app.ask("DELETE", f"/v1.0/users/{ids['off']}", None, 204)
    gone = app.user("Gone Entirely", domain)
    app.ask("DELETE", f"/v1.0/users/{gone}", None, 204)
    app.ask("DELETE", f"/v1.0/directory/deletedItems/{gone}", None, 204)
    back = app.user("Back Again", domain)
    app.ask("DELETE", f"/v1.0/users/{back}", None, 204)
    app.ask("POST", f"/v1.0/directory/deletedItems/{back}/restore", {})
    ids["restored"] = back
    return {"changed": [ids["worker"], back], "removed": [ids["off"]]}


def walk(app, path):
    found = []
    while path:
        page = app.ask("GET", path, None, 200)[0]
        found += page["value"]
        path = relative(page["@odata.nextLink"]) if "@odata.nextLink" in page else None
    return found


def known(app, ids):
    """What the API answers of one tenant."""
    users = {}
    for one in walk(app, "/v1.0/users?$top=999"):
        body, headers = app.ask("GET", f"/v1.0/users/{one['id']}", None, 200)
        more, _ = app.ask("GET", f"/v1.0/users/{one['id']}?$select={SELECTED}", None, 200)
        users[one["id"]] = {"etag": headers["ETag"], "user": plain(body), "more": plain(more)}
    return {
        "ids": ids, "users": users,
        "deleted": sorted(one["id"] for one in walk(app, "/v1.0/directory/deletedItems/microsoft.graph.user?$top=99")),
        "invitations": [plain(one) for one in walk(app, "/v1.0/invitations")],
        "pending": sorted(one["id"] for one in walk(app, "/v1.0/pendingMembers")),
        "manager": app.ask("GET", f"/v1.0/users/{ids['member']}/manager", None, 200)[0]["id"],
        "reports": sorted(one["id"] for one in walk(app, f"/v1.0/users/{ids['boss']}/directReports")),
        "sponsors": sorted(one["id"] for one in walk(app, f"/v1.0/users/{ids['member']}/sponsors")),
        "photos": {who: app.ask("GET", f"/v1.0/users/{ids[who]}/photo/$value", None, 200)[0].hex() for who in ("boss", "member")},
    }


def plain(body):
    return {key: value for key, value in body.items() if not key.startswith("@odata.context") and value is not None}


def database(folder):
    return sqlite3.connect(os.path.join(folder, "vestibule.db"))


def second_tenant(folder):
    """No command makes a second tenant: the rows that `init` writes, without the audit record of it."""
    on = database(folder)
    number = on.execute("SELECT MAX(tenant_id) + 1 FROM tenant_numbers").fetchone()[0]
    settings = on.execute("SELECT settings FROM tenants WHERE tenant_id = (SELECT MIN(tenant_id) FROM tenants)").fetchone()[0]
    on.execute("INSERT INTO tenant_numbers VALUES (?, ?)", (number, SECOND_TENANT.bytes))
    on.execute("INSERT INTO tenants VALUES (?, 'Fabrikam', 'fabrikam.onmicrosoft.com', ?)", (number, settings))
    for name in ("fabrikam.onmicrosoft.com", "fabrikam.com"):
        on.execute("INSERT INTO domains VALUES (?, ?, 0, 1)", (name, number))
    on.commit()
    on.close()


def age(folder):
    """The invitations to `expired@…` are forty days old."""
    on = database(folder)
    on.execute("UPDATE invitations SET created_at = created_at - ?, expires_at = expires_at - ? WHERE address LIKE 'expired@%'",
               (40 * DAY, 40 * DAY))
    on.commit()
    on.close()


def tidy(folder):
    for name in ("dev.env", "ca.pem", "ca.key", "server.pem", "server.key", "vestibule.db.lock"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.remove(path)
    on = database(folder)
    on.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    on.execute("VACUUM")
    on.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if on.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
        fail("the database is damaged")
    on.close()


def main(binary, folder, commit=""):
    os.mkdir(folder)
    with Server(binary, folder):
        pass
    second_tenant(folder)
    with Server(binary, folder) as server:
        first = server.env["TENANT"], server.env["CLIENT_ID"], server.env["CLIENT_SECRET"], "contoso.com"
        made = json.loads(server.cli(
            "app", "add", "--tenant", str(SECOND_TENANT), "--name", "Everything", "--json", "--role", "Global Administrator",
            *(word for one in ("User.ReadWrite.All", "User.Invite.All", "Directory.ReadWrite.All", "User.DeleteRestore.All")
              for word in ("--permission", one))))
        second = str(SECOND_TENANT), made["clientId"], made["clientSecret"], "fabrikam.com"
        server.initial = {"contoso": "contoso.onmicrosoft.com", "fabrikam": "fabrikam.onmicrosoft.com"}
        filled, own = {}, {}
        for tenant, client, secret, domain in (first, second):
            app = App(server, tenant, client, secret)
            filled[tenant] = fill(server, app, domain, domain.split(".")[0])
            if server.knows("keys", "rotate"):
                fill_version_2(server, app, tenant, domain.split(".")[0], filled[tenant])
            if app.ask("GET", "/v1.0/applications")[0].get("value"):
                own[tenant] = fill_version_5(app, filled[tenant])
        if server.knows("keys", "rotate"):
            server.cli("keys", "rotate")
    age(folder)
    found = {}
    with Server(binary, folder) as server:
        for tenant, client, secret, domain in (first, second):
            app = App(server, tenant, client, secret)
            ids = filled[tenant]
            links = {"all": delta(app, ""), "selected": delta(app, "?$select=displayName,jobTitle")}
            if server.knows("keys", "rotate"):
                links["objects"] = delta(app, "", "directoryObjects")
            page = app.ask("GET", "/v1.0/users?$top=3&$orderby=displayName&$count=true", None, 200, headers={"ConsistencyLevel": "eventual"})[0]
            started = app.ask("GET", "/v1.0/users/delta", None, 200, headers={"Prefer": "odata.maxpagesize=2"})[0]
            told = after_tokens(app, ids, domain)
            found[tenant] = known(app, ids) | {
                "client_id": client, "client_secret": secret, "domain": domain, "delta": links, "told": told,
                "pages": {"users": relative(page["@odata.nextLink"]), "delta": relative(started["@odata.nextLink"])}}
            if tenant in own:
                found[tenant]["own"] = known_of_version_5(app, ids, own[tenant])
    tidy(folder)
    on = database(folder)
    for tenant, records in on.execute("SELECT n.id, h.seq FROM audit_heads h JOIN tenant_numbers n USING (tenant_id)"):
        found[str(uuid.UUID(bytes=tenant))]["audit"] = records
    on.close()
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as file:
        json.dump({"commit": commit, "made": int(time.time()), "tenants": found}, file, indent=1, sort_keys=True, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        fail(__doc__)
    main(*sys.argv[1:])
