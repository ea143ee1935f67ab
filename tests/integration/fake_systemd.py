#!/usr/bin/env python3
"""fake_systemd.py SOCKET LOG MODE: a message bus with a systemd on it, as far as a runtime looks.

It writes a line to LOG for each method that is called, with its first text, and answers as MODE says:
  done        the job of every unit ends well             failed     ... ends with "failed"
  error       "Access denied" to every call               exists     there is a unit of this name, always
  once        there is, until it is reset                 old        TasksAccounting is unknown, others are fine
  early       the job is over before the call is answered; another job, and another sender, say something in between
  hang        says nothing at all                         silent     lets one in and answers no call
  nojob       answers, and the job never ends             close      hangs up on the first call
  garbage     answers with bytes that are no message
"""
import os
import socket
import struct
import sys

path, log, mode = sys.argv[1:4]
MANAGER, PEER = 'org.freedesktop.systemd1.Manager', ':1.1'


def align(data, n):
    return data + b'\0' * (-len(data) % n)


def text(data, value, size='<I'):
    if size == '<I':
        data = align(data, 4)
    raw = value.encode()
    return data + struct.pack(size, len(raw)) + raw + b'\0'


serial = 0


def message(kind, fields, signature='', body=b''):
    global serial
    serial += 1
    out = b''
    for code, sig, value in fields + ([(8, 'g', signature)] if signature else []):
        out = align(out, 8) + bytes([code])
        out = text(out, sig, '<B')
        if sig == 'u':
            out = align(out, 4) + struct.pack('<I', value)
        else:
            out = text(out, value, '<B' if sig == 'g' else '<I')
    head = b'l' + bytes([kind, 0, 1]) + struct.pack('<III', len(body), serial, len(out))
    return align(head + out, 8) + body


def answer(to, signature='', body=b''):
    return message(2, [(5, 'u', to), (7, 's', PEER), (6, 's', ':1.2')], signature, body)


def refuse(to, name, why):
    return message(3, [(4, 's', name), (5, 'u', to), (7, 's', PEER), (6, 's', ':1.2')], 's', text(b'', why))


def removed(job, result, sender=PEER):
    body = struct.pack('<I', 7)
    for part in (job, 'x.scope', result):
        body = text(body, part)
    fields = [(1, 'o', '/org/freedesktop/systemd1'), (2, 's', MANAGER), (3, 's', 'JobRemoved'), (7, 's', sender)]
    return message(4, fields, 'uoss', body)


class Reader:
    def __init__(self, connection):
        self.connection, self.data = connection, b''

    def take(self, n):
        while len(self.data) < n:
            try:
                more = self.connection.recv(65536)
            except ConnectionResetError:
                more = b''
            if not more:
                sys.exit(0)
            self.data += more
        out, self.data = self.data[:n], self.data[n:]
        return out

    def line(self):
        out = b''
        while not out.endswith(b'\r\n'):
            out += self.take(1)
        return out[:-2].lstrip(b'\0').decode()


def fields_of(raw):
    out, at = {}, 0
    while at < len(raw):
        at += -at % 8
        code, sig = raw[at], chr(raw[at + 2])
        at += 4
        if sig == 'u':
            at += -at % 4
            out[code] = struct.unpack_from('<I', raw, at)[0]
            at += 4
        elif sig == 'g':
            out[code] = raw[at + 1:at + 1 + raw[at]].decode()
            at += raw[at] + 2
        else:
            at += -at % 4
            size = struct.unpack_from('<I', raw, at)[0]
            out[code] = raw[at + 4:at + 4 + size].decode()
            at += size + 5
    return out


reset = False


def serve(call, to, body):
    """The messages that follow a call."""
    global reset
    job = '/org/freedesktop/systemd1/job/7'
    result = text(b'', job)
    if call in ('Hello',):
        return [answer(to, 's', text(b'', ':1.2'))]
    if call == 'AddMatch' or mode == 'silent':
        return []
    if mode == 'error':
        return [refuse(to, 'org.freedesktop.DBus.Error.AccessDenied', 'Access denied')]
    if mode == 'garbage':
        return [b'\xff' * 64]
    if call == 'ResetFailedUnit':
        reset = True
    if call in ('ResetFailedUnit', 'SetUnitProperties', 'AttachProcessesToUnit'):
        return [answer(to)]
    if call == 'StartTransientUnit' and (mode == 'exists' or (mode == 'once' and not reset)):
        return [refuse(to, 'org.freedesktop.systemd1.UnitExists', 'Unit x.scope already exists.')]
    if mode == 'old' and b'TasksAccounting' in body:
        why = 'Cannot set property TasksAccounting, or unknown property.'
        return [refuse(to, 'org.freedesktop.DBus.Error.PropertyReadOnly', why)]
    if mode == 'early':
        return [removed('/job/6', 'failed'), removed(job, 'failed', ':1.9'), answer(to, 'o', result),
                removed(job, 'timeout', ':1.9'), removed(job, 'done')]
    out = [answer(to, 'o', result)]
    if mode != 'nojob':
        out.append(removed(job, 'failed' if mode == 'failed' else 'done'))
    return out


listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen(5)
while True:
    connection, _ = listener.accept()
    if os.fork() == 0:
        break
    connection.close()
listener.close()
reader = Reader(connection)
if mode == 'hang':
    while True:
        reader.take(1)
while True:
    line = reader.line()
    if line.startswith('AUTH'):
        connection.sendall(b'DATA\r\n' if line.split()[2:] == [] else b'OK 0123456789abcdef0123456789abcdef\r\n')
    elif line.startswith('DATA'):
        connection.sendall(b'OK 0123456789abcdef0123456789abcdef\r\n')
    elif line == 'NEGOTIATE_UNIX_FD':
        connection.sendall(b'AGREE_UNIX_FD\r\n')
    elif line == 'BEGIN':
        break
while True:
    head = reader.take(16)
    size, to, fields_size = struct.unpack('<III', head[4:])
    fields = fields_of(reader.take(fields_size))
    reader.take(-(16 + fields_size) % 8)
    body = reader.take(size)
    call = fields.get(3, '')
    if call not in ('Hello', 'AddMatch') and mode == 'close':
        sys.exit(0)
    if call not in ('Hello', 'AddMatch'):
        first = struct.unpack_from('<I', body)[0] if fields.get(8, '').startswith('s') else 0
        with open(log, 'a', encoding='utf-8') as out:
            print(call, body[4:4 + first].decode(), file=out)
    connection.sendall(b''.join(serve(call, to, body)))
