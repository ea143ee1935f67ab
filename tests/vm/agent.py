#!/usr/bin/python3 -Iu
"""The guest's end: waits at a virtio-serial port, runs one command for the host, says how it ended.

Frames are a letter, a length (4 bytes, big endian) and so many bytes. From the host: P (are you up?), S (a job, JSON).
To the host: R (up), B (the command begins), O and E (its standard output and error), M (a message of ours), X (its exit
status)."""
import fcntl
import glob
import json
import os
import pwd
import select
import shlex
import struct
import subprocess
import time

RNDRESEEDCRNG = 0x5207


class Failure(Exception):
    pass


class Port:
    def __init__(self):
        self.fd = os.open(self.device(), os.O_RDWR | os.O_CLOEXEC)
        self.got = bytearray()

    @staticmethod
    def device():
        while True:
            for name in glob.glob('/sys/class/virtio-ports/*/name'):
                with open(name) as f:
                    if f.read().strip() == 'vm.agent':
                        return '/dev/' + name.split('/')[-2]
            time.sleep(0.05)

    def send(self, kind, data=b''):
        view = memoryview(kind + struct.pack('>I', len(data)) + data)
        while view:
            view = view[os.write(self.fd, view):]

    def wait(self):
        """The next frame. Nothing to read means that the host has not connected yet."""
        while True:
            if len(self.got) >= 5:
                size = struct.unpack_from('>I', self.got, 1)[0]
                if len(self.got) >= 5 + size:
                    kind, data = bytes(self.got[:1]), bytes(self.got[5:5 + size])
                    del self.got[:5 + size]
                    return kind, data
            data = os.read(self.fd, 65536)
            self.got += data
            if not data:
                time.sleep(0.02)


def wait_until_up():
    return subprocess.run(['systemctl', 'is-system-running', '--wait'], stdout=subprocess.PIPE, text=True).stdout.strip()


def refresh(job):
    """A machine that was resumed has the clock and the random numbers of long ago."""
    time.clock_settime(time.CLOCK_REALTIME, job['time'])
    fd = os.open('/dev/urandom', os.O_RDWR)
    os.write(fd, bytes.fromhex(job['seed']))
    fcntl.ioctl(fd, RNDRESEEDCRNG)
    os.close(fd)


def mount_shares(job):
    for i, share in enumerate(job['shares']):
        os.makedirs(share['path'], exist_ok=True)
        options = 'trans=virtio,version=9p2000.L,msize=512000,cache=mmap' + (',ro' if share['ro'] else '')
        done = subprocess.run(['mount', '-t', '9p', '-o', options, 'share%d' % i, share['path']],
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise Failure('cannot mount the share at %s: %s' % (share['path'], done.stderr.strip()))


def release_shares(job):
    """Gets to the host what the command wrote, whatever still runs there."""
    for share in reversed(job['shares']):
        if subprocess.run(['umount', share['path']], stderr=subprocess.DEVNULL).returncode:
            subprocess.run(['sync', '-f', share['path']])


def command_line(job):
    """(argv, environment, directory): root's command in a scope of its own, as a login would have, apart from ours; a
    user's in a login session, which brings the user's systemd and XDG_RUNTIME_DIR."""
    try:
        user = pwd.getpwnam(job['user'])
    except KeyError:
        raise Failure('the guest has no user %r' % job['user'])
    cwd = job['cwd'] or user.pw_dir
    if not os.path.isdir(cwd):
        raise Failure('the guest has no directory %r' % cwd)
    own = {'LANG': 'C.UTF-8', **job['env']}
    env = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': user.pw_dir,
           'USER': user.pw_name, 'LOGNAME': user.pw_name, 'SHELL': user.pw_shell, 'TERM': 'dumb', **own}
    if user.pw_uid == 0:
        scope = ['systemd-run', '--quiet', '--scope', '--collect', '--unit=vm-command', '--slice=user.slice',
                 '-pDelegate=yes', '-pTasksMax=infinity', '--']
        return scope + ['/bin/sh', '-c', 'exec "$@"', 'vm'] + job['argv'], env, cwd
    line = 'cd %s && exec env %s %s' % (shlex.quote(cwd), shlex.join('%s=%s' % pair for pair in own.items()),
                                        shlex.join(job['argv']))
    return ['runuser', '-l', user.pw_name, '-c', line], env, '/'


def serve(port, job):
    argv, env, cwd = command_line(job)
    process = subprocess.Popen(argv, env=env, cwd=cwd, start_new_session=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    outputs = {process.stdout.fileno(): b'O', process.stderr.fileno(): b'E'}
    pidfd = os.pidfd_open(process.pid)
    poll = select.poll()
    for fd in (pidfd, *outputs):
        poll.register(fd, select.POLLIN)
    # Once the command has ended, what it left in the pipes is waited for, but not processes that keep them open.
    deadline = None
    while deadline is None or (outputs and time.monotonic() < deadline):
        for fd, _ in poll.poll(None if deadline is None else 100):
            if fd == pidfd:
                poll.unregister(pidfd)
                deadline = time.monotonic() + 1
                continue
            data = os.read(fd, 65536)
            if data:
                port.send(outputs[fd], data)
                if deadline is not None:
                    deadline = max(deadline, time.monotonic() + 0.2)
            else:
                poll.unregister(fd)
                del outputs[fd]
    code = process.wait()
    return code if code >= 0 else 128 - code


def main():
    port = Port()
    state = ''
    while True:
        kind, data = port.wait()
        if kind == b'P':
            state = state or wait_until_up()
            port.send(b'R', state.encode())
        elif kind == b'S':
            job, code = json.loads(data), 125
            try:
                refresh(job)
                state = state or wait_until_up()
                mount_shares(job)
                port.send(b'B', state.encode())
                code = serve(port, job)
                release_shares(job)
            except Failure as e:
                port.send(b'M', str(e).encode())
            except Exception as e:  # whatever it is, the host waits for an answer
                port.send(b'M', ('the agent: %r' % e).encode())
            port.send(b'X', struct.pack('>I', code))


main()
