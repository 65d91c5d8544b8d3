"""Debian's python3-hl7 as a process, with the same words as peer.cjs: `peer.py hl7 send PORT NUMBER`, `… receive PORT`.

TLS where MYELIN_CA names the authority (send) or MYELIN_KEY and MYELIN_CERTIFICATE name the server's own (receive).
"""

import asyncio
import os
import ssl
import sys

import hl7
import hl7.mllp

MESSAGE = ("MSH|^~\\&|STRANGER|WARD|MYELIN|HOUSE|20260101080000||ADT^A08^ADT_A01|{}|P|2.5.1\rEVN||20260101080000\r"
           "PID|1||90001^^^HOUSE^MR||TEST^PERSON||19700101|F\rPV1|1|I\r")


async def send(port, number):
    context = ssl.create_default_context(cafile=os.environ["MYELIN_CA"]) if "MYELIN_CA" in os.environ else None
    named = {"server_hostname": "localhost"} if context else {}
    reader, writer = await hl7.mllp.open_hl7_connection("127.0.0.1", port, ssl=context, encoding="utf-8", **named)
    writer.writemessage(hl7.parse(MESSAGE.format(number)))
    await writer.drain()
    answer = await asyncio.wait_for(reader.readmessage(), 15)
    print(answer.segment("MSA"), flush=True)
    writer.close()


async def receive(port):
    async def serve(reader, writer):
        while True:
            try:
                message = await reader.readmessage()
            except asyncio.IncompleteReadError:
                return
            writer.writemessage(message.create_ack())
            await writer.drain()
            print(message["MSH.F10"], flush=True)

    context = None
    if "MYELIN_KEY" in os.environ:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(os.environ["MYELIN_CERTIFICATE"], os.environ["MYELIN_KEY"])
    server = await hl7.mllp.start_hl7_server(serve, host="127.0.0.1", port=port, ssl=context, encoding="utf-8")
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(send(int(sys.argv[3]), sys.argv[4]) if sys.argv[2] == "send" else receive(int(sys.argv[3])))
