"""Process groups that do not outlive the process that made them, however that one ends."""

import os
import subprocess


class BoundGroup:
    """A process group that is killed when this process ends, or before.

    Its leader waits for the end of a pipe, whose other end this process alone has open. So nothing
    has to run in the members of the group, nor in this process if it is killed.

    Attributes:
        number: The group's.
    """

    def __init__(self) -> None:
        reader, self._pipe = os.pipe()
        command = ["/bin/sh", "-c", "read _; kill -KILL 0"]
        self._leader = subprocess.Popen(command, stdin=reader, process_group=0)
        os.close(reader)
        self.number = self._leader.pid

    def end(self) -> None:
        """Kills every member; to be called once, from outside the group."""
        os.close(self._pipe)
        self._leader.wait()
