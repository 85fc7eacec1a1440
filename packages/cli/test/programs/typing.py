"""Runs a program at a pseudo-terminal and types: typing.py SCRIPT -- PROGRAM ARG...

SCRIPT is JSON, a list of [pattern, keys]: once the screen matches the pattern, the keys are typed. Prints the whole screen; ends as the program did.
"""
import fcntl, json, os, pty, re, select, struct, sys, termios

split = sys.argv.index('--')
steps = json.loads(sys.argv[1])
command = sys.argv[split + 1:]
pid, screen = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
    os.execvp(command[0], command)
seen, start = '', 0
while True:
    if not select.select([screen], [], [], 20)[0]:
        break
    try:
        data = os.read(screen, 65536)
    except OSError:
        break
    if not data:
        break
    seen += data.decode('utf8', 'replace')
    if steps:
        match = re.search(steps[0][0], seen[start:])
        if match:
            start += match.end()
            os.write(screen, steps.pop(0)[1].encode())
_, status = os.waitpid(pid, 0)
sys.stdout.write(seen)
sys.exit(os.waitstatus_to_exitcode(status) if not steps else 99)
