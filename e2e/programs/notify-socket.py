# Listens as the service manager does: notify-socket.py PATH prints each datagram of sd_notify(3) as one line, fields apart by `;`.
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(listener.recv(65536).decode().strip().replace("\n", ";"), flush=True)
