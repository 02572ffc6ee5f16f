"""Signals that arrive while the main thread looks whether any did."""

import subprocess
import sys

# Another process sends SIGTERM again and again, to whatever the main thread is doing.
LOOKING = """
import signal, subprocess, sys
from queue import Empty
from server.signals import told_by

SENDING = '''
import os, signal
for _ in range(100_000):
    os.kill(os.getppid(), signal.SIGTERM)
'''
told, got = told_by(signal.SIGTERM), 0
sending = subprocess.Popen([sys.executable, "-c", SENDING])
while sending.poll() is None or not told.empty():
    try:
        got += told.get(timeout=0.00001) == signal.SIGTERM
    except Empty:
        pass
print(got)
"""


def test_a_signal_is_heard_at_whatever_moment_it_comes():
    """With an Event in place of the queue this waits for ever."""
    done = subprocess.run(
        [sys.executable, "-c", LOOKING], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) > 0


# A thread that is not the main one takes the signal, which leaves the main one asleep.
TAKEN = """
import signal, threading, time
from server.signals import told_by, wait

def take():
    time.sleep(0.3)  # until the main thread waits
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    time.sleep(60)

told = told_by(signal.SIGTERM)
threading.Thread(target=take, daemon=True).start()
wait(told)
print("told")
"""


def test_a_signal_that_another_thread_takes_is_heard():
    """With `told.get()` in place of `wait` this waits for ever."""
    done = subprocess.run(
        [sys.executable, "-c", TAKEN], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "told\n"
