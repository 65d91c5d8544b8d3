"""A peer that speaks MLLP release 2, written from its specification (HL7 Transport: MLLP, Release 2, 2006) and from nothing
of ours: blocks are <SB> content <EB> <CR>; a content block is answered by a commit block, <SB> <ACK 06 | NAK 15> <EB> <CR>,
when it is stored or cannot be; only then may the next content block be sent. A receiver's own answer is a content block
of its own, and is committed by the one who gets it.
"""

import socket

SB, EB, CR, ACK, NAK = b"\x0b", b"\x1c", b"\x0d", b"\x06", b"\x15"
PATIENCE_SECONDS = 20


class ProtocolError(Exception):
    pass


class Line:
    """One connection, block by block."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.settimeout(PATIENCE_SECONDS)
        self.pending = b""

    def close(self):
        self.connection.close()

    def send_block(self, content):
        self.connection.sendall(SB + content + EB + CR)

    def send_block_in_pieces(self, content):
        for byte in SB + content + EB + CR:
            self.connection.sendall(bytes((byte,)))

    def next_block(self):
        """The content of the next block; None when the other side has ended."""
        while EB + CR not in self.pending:
            got = self.connection.recv(65536)
            if not got:
                if self.pending:
                    raise ProtocolError(f"ended inside a block: {self.pending!r}")
                return None
            self.pending += got
        block, self.pending = self.pending.split(EB + CR, 1)
        if not block.startswith(SB):
            raise ProtocolError(f"a block begins with {block[:4]!r}")
        return block[1:]

    def exchange(self, message):
        """Sends a content block as a sender must: waits for its commit, then for the answer, and commits that."""
        self.send_block(message)
        commit = self.next_block()
        if commit != ACK:
            return commit, None
        answer = self.next_block()
        if answer is not None:
            self.send_block(ACK)
        return commit, answer


def dial(port):
    return Line(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS))


def field(message, segment, number):
    """Of the first such segment; MSH-1 is the separator."""
    for line in message.split(CR):
        cells = line.split(b"|")
        if cells[0] == segment:
            return cells[number - 1 if segment == b"MSH" else number]
    return None


def acknowledgement(message):
    number = field(message, b"MSH", 10)
    return b"MSH|^~\\&|PEER|THERE|MYELIN|HERE|20260101||ACK|P" + number + b"|P|2.5.1" + CR + b"MSA|AA|" + number + CR
