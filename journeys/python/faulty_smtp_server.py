"""An SMTP server that fails, for the journey about dead mail servers. Standard library only.

Usage: faulty_smtp_server.py PORT FILE PHASE

FILE gets each message that arrived whole as one line of JSON, whatever the client was told afterwards. PHASE is a file,
read at each connection and each message:

    ok      answers at once
    slow    lets the client wait for the greeting and for the answer to the message
    busy    421 and hangs up (RFC 5321 section 3.8)

In every phase the recipient's local part may bring a fault of its own, so that one run meets all of them:

    later…   451, then 450 at RCPT, then fine: greylisting
    full…    452 after the message once
    cut…     takes the message and hangs up without a word, once: the client cannot know
    half…    hangs up in the middle of the message, once
    never…   550 at RCPT, always
"""

import asyncio
import json
import sys
from email import message_from_bytes, policy

SLOW = 1.0
# Far more than a mail of ours; a client that never ends its message must not fill the memory.
LONGEST = 1 << 20


class Server:
    def __init__(self, path, phase):
        self.path, self.phase_file = path, phase
        self.seen = {}

    def phase(self):
        with open(self.phase_file, encoding="utf-8") as file:
            return file.read().strip()

    def times(self, fault, recipient):
        """How often this fault was asked for this recipient, this time included."""
        self.seen[fault, recipient] = self.seen.get((fault, recipient), 0) + 1
        return self.seen[fault, recipient]

    def keep(self, recipient, content):
        message = message_from_bytes(content, policy=policy.default)
        line = {"to": [recipient], "id": message["message-id"], "text": None}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    async def talk(self, reader, writer):
        try:
            await Conversation(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()


class Conversation:
    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.recipients = []

    async def say(self, line):
        self.writer.write(line.encode() + b"\r\n")
        await self.writer.drain()

    async def run(self):
        if self.server.phase() == "busy":
            return await self.say("421 too busy")
        await self.pause()
        await self.say("220 localhost")
        while line := await self.reader.readline():
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            if not await self.command(verb.upper(), rest):
                return None
        return None

    async def pause(self):
        if self.server.phase() == "slow":
            await asyncio.sleep(SLOW)

    async def command(self, verb, rest):
        """Answers one command; false ends the connection."""
        if verb == "EHLO":
            await self.say("250-localhost\r\n250 8BITMIME")
        elif verb == "MAIL":
            self.recipients = []
            if self.server.phase() == "busy":
                await self.say("421 too busy")
                return False
            await self.say("250 go on")
        elif verb == "RCPT":
            await self.recipient(rest.split("<", 1)[1].split(">", 1)[0])
        elif verb == "DATA":
            return await self.message()
        elif verb == "QUIT":
            await self.say("221 goodbye")
            return False
        else:
            await self.say("250 as you like")
        return True

    async def recipient(self, address):
        if address.startswith("never"):
            return await self.say("550 5.1.1 no such mailbox")
        if address.startswith("later"):
            tried = self.server.times("later", address)
            if tried <= 2:
                return await self.say("451 4.7.1 greylisted" if tried == 1 else "450 4.2.0 still greylisted")
        self.recipients.append(address)
        return await self.say("250 known")

    async def message(self):
        if not self.recipients:
            await self.say("503 nobody to send it to")
            return True
        await self.say("354 go ahead")
        (address,) = self.recipients
        if address.startswith("half") and self.server.times("half", address) == 1:
            await self.reader.readline()
            return False
        content = await self.reader.readuntil(b"\r\n.\r\n")
        await self.pause()
        if address.startswith("full") and self.server.times("full", address) == 1:
            await self.say("452 4.3.1 no room for it")
            return True
        self.server.keep(address, content[:-3].replace(b"\r\n..", b"\r\n."))
        if address.startswith("cut") and self.server.times("cut", address) == 1:
            return False
        await self.say("250 kept")
        return True


async def main():
    port, path, phase = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    faulty = Server(path, phase)
    server = await asyncio.start_server(faulty.talk, "127.0.0.1", port, limit=LONGEST)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
