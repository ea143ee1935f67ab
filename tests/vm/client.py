#!/usr/bin/python3 -I
"""The host's end: starts QEMU, gives the guest's agent (agent.py, the frames are described there) a command, hands out
what it says. `save` writes the machine's state to a file once systemd is up; `run` runs a command.

client.py MODE DIRECTORY QEMU-ARGUMENTS-FILE [OPTION...] [-- COMMAND...]"""
import argparse
import ctypes
import json
import os
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import time

BEGAN = time.monotonic()
PR_SET_PDEATHSIG = 1
USER = 'tester'

# Run before the state is saved: programs and files that tests use are in the page cache of each resumed guest, and
# what systemd does at the first command of a user is done.
WARM = '''
systemctl --version; systemctl is-system-running; unshare -Urmpf --mount-proc true
ls -l /; cat /proc/self/status; sed -n 1p /etc/passwd; awk 1 /etc/passwd; grep root /etc/passwd; find /etc -maxdepth 1
stat /; tr a b </etc/passwd; sort /etc/passwd; jq . /dev/null; gojq . /dev/null; ip link; ps ax; mount; tar --version
env; sleep 0.1; cp /etc/passwd /tmp/warm; rm /tmp/warm; busybox true; systemd-run --wait --quiet $1 true
'''


class Stop(Exception):
    def __init__(self, code, text='', logs=False):
        self.code, self.text, self.logs = code, text, logs


def say(text):
    sys.stderr.write('vm: %s\n' % text)
    sys.stderr.flush()


def on_signal(number, _frame):
    raise Stop(128 + number)


class Guest:
    """A machine that runs. It ends with this program, however this program ends."""

    def __init__(self, directory, argv):
        self.directory, self.got, self.out = directory, bytearray(), bytearray()
        libc, parent = ctypes.CDLL(None), os.getpid()

        def child():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
        with open(directory + '/qemu.log', 'wb') as log:
            self.qemu = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                         preexec_fn=child)

    def connect(self, name):
        while True:
            end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                end.connect(self.directory + '/' + name)
                return end
            except OSError:
                end.close()
                if self.qemu.poll() is not None:
                    raise Stop(125, 'QEMU did not start', True)
                time.sleep(0.005)

    def attach(self):
        self.agent = self.connect('agent')
        self.agent.setblocking(False)

    def send(self, kind, data=b''):
        self.out += kind + struct.pack('>I', len(data)) + data
        self.flush()

    def flush(self):
        try:
            while self.out:
                del self.out[:self.agent.send(self.out)]
        except BlockingIOError:
            pass
        except OSError:
            self.gone()

    def gone(self):
        raise Stop(125, 'the guest stopped before the command ended', True)

    def frames(self, deadline, what):
        """What the agent says, until nobody asks any more or `deadline` has passed."""
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise Stop(124, 'time ran out for ' + what(), True)
            readable, writable, _ = select.select([self.agent], [self.agent] if self.out else [], [], left)
            if writable:
                self.flush()
            if not readable:
                continue
            try:
                data = self.agent.recv(1 << 18)
            except BlockingIOError:
                continue
            except OSError:
                data = b''
            if not data:
                self.gone()
            self.got += data
            while len(self.got) >= 5:
                size = struct.unpack_from('>I', self.got, 1)[0]
                if len(self.got) < 5 + size:
                    break
                kind, data = bytes(self.got[:1]), bytes(self.got[5:5 + size])
                del self.got[:5 + size]
                yield kind, data

    def monitor(self):
        self.qmp = self.connect('qmp').makefile('rwb', 0)
        self.qmp.readline()
        self.command('qmp_capabilities')

    def command(self, name, **arguments):
        self.qmp.write(json.dumps({'execute': name, 'arguments': arguments}).encode() + b'\n')
        for line in self.qmp:
            reply = json.loads(line)
            if 'error' in reply:
                raise Stop(125, 'QEMU: %s: %s' % (name, reply['error']['desc']))
            if 'return' in reply:
                return reply['return']
        raise Stop(125, 'QEMU ended at the command ' + name, True)

    def end(self):
        """Its disk is thrown away: no shutdown is needed."""
        if self.qemu.poll() is None:
            self.qemu.kill()
            self.qemu.wait()

    def show_logs(self):
        for name in ('qemu.log', 'console.log'):
            try:
                with open(self.directory + '/' + name, errors='replace') as log:
                    lines = log.read().splitlines()[-25:]
            except OSError:
                continue
            if lines:
                sys.stderr.write('--- %s\n%s\n' % (name, '\n'.join(lines)))


def job(argv, **more):
    return json.dumps({'argv': argv, 'shares': [], 'env': {}, 'user': 'root', 'cwd': '', 'time': time.time(),
                       'seed': os.urandom(64).hex(), **more}).encode()


def until(guest, wanted, deadline):
    for kind, data in guest.frames(deadline, lambda: 'the guest to come up'):
        if kind in b'EM':
            say('the guest: ' + data.decode(errors='replace').rstrip())
        if kind == wanted:
            return data


def save(guest, options):
    deadline = BEGAN + 300
    guest.attach()
    guest.send(b'P')
    state = until(guest, b'R', deadline).decode()
    if state != 'running':
        guest.send(b'S', job(['sh', '-c', 'systemctl --no-pager --failed >&2']))
        until(guest, b'X', deadline)
        raise Stop(125, 'systemd in the guest is %r, not running' % state, True)
    for user, flag in (('root', ''), (USER, '--user')):
        guest.send(b'S', job(['bash', '-c', '{ %s } >/dev/null 2>&1' % WARM, '-', flag], user=user))
        until(guest, b'X', deadline)
    time.sleep(3)  # it comes to rest
    guest.monitor()
    # It is not stopped first: a machine that was saved while stopped would be stopped when resumed.
    guest.command('migrate-set-parameters', **{'max-bandwidth': 1 << 36})
    guest.command('migrate', uri='exec:cat > ' + shlex.quote(options.state))
    while True:
        status = guest.command('query-migrate').get('status')
        if status == 'completed':
            return 0
        if status in ('failed', 'cancelled'):
            raise Stop(125, 'the state of the machine could not be saved', True)
        time.sleep(0.05)


def write_all(fd, data):
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view):]
        except BlockingIOError:
            select.select([], [fd], [])
        except BrokenPipeError:
            raise Stop(128 + signal.SIGPIPE)


def run(guest, options):
    begun = False
    shares = [{'ro': how == 'ro', 'path': path} for how, path in (share.split(':', 1) for share in options.share)]
    guest.attach()
    guest.send(b'S', job(options.command, shares=shares, user=options.user, cwd=options.workdir,
                         env=dict(pair.split('=', 1) for pair in options.env)))
    deadline = BEGAN + options.timeout if options.timeout > 0 else None
    for kind, data in guest.frames(deadline, lambda: 'the command' if begun else 'the guest to come up'):
        if kind == b'O':
            write_all(1, data)
        elif kind == b'E':
            write_all(2, data)
        elif kind == b'M':
            say(data.decode(errors='replace'))
        elif kind == b'B':
            begun = True
        elif kind == b'X':
            return struct.unpack('>I', data)[0] & 255
    return 125


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument('mode', choices=['save', 'run'])
    parser.add_argument('directory')
    parser.add_argument('qemu')
    parser.add_argument('--state', default='')
    parser.add_argument('--user', default='root')
    parser.add_argument('--workdir', default='')
    parser.add_argument('--timeout', type=float, default=0)
    parser.add_argument('--share', action='append', default=[])
    parser.add_argument('--env', action='append', default=[])
    words = sys.argv[1:]
    cut = words.index('--') if '--' in words else len(words)
    options = parser.parse_args(words[:cut])
    options.command = words[cut + 1:]
    return options


def main():
    options = parse()
    with open(options.qemu) as f:
        argv = f.read().split('\0')[:-1]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    guest, code = None, 125
    try:
        guest = Guest(options.directory, argv)
        code = (save if options.mode == 'save' else run)(guest, options)
    except Stop as e:
        code = e.code
        if e.text:
            say(e.text)
        if e.logs and guest:
            guest.show_logs()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if guest:
            guest.end()
    sys.exit(code)


main()
