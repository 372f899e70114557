"""An SMTP server for the journeys: STARTTLS is required, every message is kept as one line of JSON.

Usage: smtp_server.py PORT CERTIFICATE KEY FILE [MODE]
MODE `plain` offers no TLS, for a server told to hand mail over on loopback without it.
"""

import asyncio
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP


class Keep:
    """Appends each accepted message to a file before the client hears 250."""

    def __init__(self, path):
        self.path = path

    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        text = message.get_body(("plain",))
        html = message.get_body(("html",))
        line = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "id": message["message-id"],
            "subject": message["subject"],
            "headers": sorted(name.lower() for name in message.keys()),
            "tls": session.ssl is not None,
            "text": text.get_content() if text else None,
            "html": html.get_content() if html else None,
        }
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
        return "250 kept"


async def main():
    port, certificate, key, path = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    plain = sys.argv[5:] == ["plain"]
    context = None
    if not plain:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            Keep(path),
            hostname="localhost",
            tls_context=context,
            require_starttls=not plain,
            enable_SMTPUTF8=False,
        ),
        "127.0.0.1",
        port,
    )
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
