"""The process of a kernel, `python -m grader.running.kernel_app -f FILE`: IPython's own, but that it ends in order."""

import sys
from pathlib import Path

if __name__ == "__main__" and Path(sys.path[0]).absolute() == Path.cwd():
    del sys.path[0]  # nothing of the student's is imported in place of what a kernel is made of; IPython adds it again

from ipykernel.kernelapp import IPKernelApp

from grader.sandbox.ending import end


class KernelApp(IPKernelApp):
    """A kernel whose threads end one after the other."""

    def start(self) -> None:
        """Run until told to end, then let the thread that took the order finish.

        It flushes through the thread that sends outputs, which ends as soon as this process does. In ipykernel, the
        first may wait ten seconds for the second, and its client kills it before that.
        """
        super().start()
        if self.control_thread is not None and self.control_thread.is_alive():
            self.control_thread.stop()
            self.control_thread.join()


if __name__ == "__main__":
    end(KernelApp.launch_instance)
