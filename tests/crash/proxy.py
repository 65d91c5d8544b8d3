"""A proxy that does to bytes what networks do: cuts them into pieces, delays and joins them, and breaks off.

Each connection draws its own trouble from the seed: none, or after so many bytes a reset, an orderly end, an end of one
direction, or silence (the bytes are swallowed from there on, as when a firewall forgets a connection). What it lets through is
never changed and never out of order, as with TCP. run() is a process of its own.
"""

import asyncio
import random
import socket
import struct

PIECES = (1, 7, 64, 700)              # cut after at most so many bytes, now and then
PAUSE_SECONDS = 0.004
TROUBLES = ("reset", "end", "half-close", "silence")
BEGINS = (100, 30_000)                # bytes let through before the trouble
LINGER_NOT = struct.pack("ii", 1, 0)  # close() sends a reset


class Proxy:
    def __init__(self, upstream, seed, trouble_one_in, counts):
        self.upstream, self.seed, self.trouble_one_in = upstream, seed, trouble_one_in
        self.connections, self.troubles = counts   # shared with whoever started the process
        self.number = 0
        self.served = set()  # asyncio forgets a task whose connection has gone, and so would the other side of it

    async def serve(self, reader, writer):
        self.served.add(task := asyncio.current_task())
        task.add_done_callback(self.served.discard)
        self.number += 1
        draw = random.Random(f"{self.seed} {self.upstream} {self.number}")
        with self.connections.get_lock():
            self.connections.value += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            return writer.transport.abort()
        for each in (writer, far_writer):
            each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        trouble = draw.choice(TROUBLES) if draw.randrange(self.trouble_one_in) == 0 else None
        fate = {"left": draw.randint(*BEGINS), "trouble": trouble, "ends": (writer, far_writer)}
        await asyncio.gather(self.pump(reader, far_writer, fate, draw), self.pump(far_reader, writer, fate, draw))
        for each in (writer, far_writer):
            each.close()

    async def pump(self, reader, writer, fate, draw):
        """Until the end of this direction."""
        try:
            while data := await reader.read(draw.choice((512, 65536))):
                if draw.randrange(4) == 0:
                    await asyncio.sleep(draw.random() * PAUSE_SECONDS)
                if fate["trouble"] and len(data) >= fate["left"]:
                    writer.write(data[:fate["left"]])
                    await writer.drain()
                    if await self.break_off(fate, writer):
                        return
                    continue
                fate["left"] -= len(data)
                await self.write(writer, data, draw)
            if writer.can_write_eof():
                writer.write_eof()
        except (OSError, RuntimeError):
            for each in fate["ends"]:
                each.transport.abort()

    @staticmethod
    async def write(writer, data, draw):
        while data:
            size = draw.choice(PIECES) if draw.randrange(3) == 0 else len(data)
            writer.write(data[:size])
            await writer.drain()
            data = data[size:]
            if data:
                await asyncio.sleep(0)

    async def break_off(self, fate, writer):
        """True: nothing more comes through this direction."""
        trouble, fate["left"] = fate["trouble"], 0
        if not fate.get("met"):
            fate["met"] = True
            with self.troubles.get_lock():
                self.troubles.value += 1
        if trouble == "silence":
            return False
        if trouble == "half-close":
            writer.write_eof()
            return True
        for each in fate["ends"]:
            if trouble == "reset":
                each.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            each.transport.abort() if trouble == "reset" else each.close()
        return True


def run(ways, seed, trouble_one_in):
    """`ways`: [(listening socket, port behind it, (connections, troubles))]; until the process is killed."""
    async def all_of_them():
        servers = [await asyncio.start_server(Proxy(port, seed, trouble_one_in, counts).serve, sock=listener)
                   for listener, port, counts in ways]
        await asyncio.gather(*(server.serve_forever() for server in servers))
    asyncio.run(all_of_them())
